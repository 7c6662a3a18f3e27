# The generalized Hopfield model of one decoder: its tables, and what its own Monte Carlo says.
THEORY = config["recording"]["theory"]


rule write_theory:
    input:
        code=code("write_theory.py"),
        model=f"<results>/models/{RECORDING}/{{point}}/{THEORY['model']}.pt",
        record=f"<results>/models/{RECORDING}/{{point}}/{THEORY['model']}.json",
    output:
        sites=f"<results>/theory/{RECORDING}/{{point}}/sites.csv",
        nodes=f"<results>/theory/{RECORDING}/{{point}}/nodes.csv",
        coupling=f"<results>/theory/{RECORDING}/{{point}}/coupling.csv",
    log:
        f"<logs>/theory/{RECORDING}/{{point}}/tables.log",
    benchmark:
        f"<benchmarks>/theory/{RECORDING}/{{point}}/tables.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        library=library("write_theory.py"),
        system=RECORDING,
        model=THEORY["model"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {params.system:q} --point {wildcards.point:q} --name {params.model:q}"
        " --model {input.model:q} --seed {params.seed:q} --coupling {output.coupling:q}"
        " --nodes {output.nodes:q} --output {output.sites:q} > {log:q} 2>&1"


rule sample_theory:
    input:
        code=code("sample_theory.py"),
        sites=f"<results>/theory/{RECORDING}/{{point}}/sites.csv",
        nodes=f"<results>/theory/{RECORDING}/{{point}}/nodes.csv",
    output:
        words=f"<results>/words/{RECORDING}/{{point}}/hamiltonian.parquet",
        metrics=f"<results>/theory/{RECORDING}/{{point}}/words.json",
    log:
        f"<logs>/theory/{RECORDING}/{{point}}/words.log",
    benchmark:
        f"<benchmarks>/theory/{RECORDING}/{{point}}/words.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        library=library("sample_theory.py"),
        system=RECORDING,
        chains=THEORY["chains"],
        kept=THEORY["kept"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --sites {input.sites:q} --nodes {input.nodes:q} --system {params.system:q}"
        " --point {wildcards.point:q} --chains {params.chains:q} --kept {params.kept:q}"
        " --seed {params.seed:q} --words {output.words:q} --output {output.metrics:q} > {log:q} 2>&1"


rule measure_heat_capacity:
    input:
        code=code("measure_heat_capacity.py"),
        sites=f"<results>/theory/{RECORDING}/{{point}}/sites.csv",
        nodes=f"<results>/theory/{RECORDING}/{{point}}/nodes.csv",
    output:
        table=f"<results>/theory/{RECORDING}/{{point}}/heat_capacity.csv",
        metrics=f"<results>/theory/{RECORDING}/{{point}}/heat_capacity.json",
    log:
        f"<logs>/theory/{RECORDING}/{{point}}/heat_capacity.log",
    benchmark:
        f"<benchmarks>/theory/{RECORDING}/{{point}}/heat_capacity.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        library=library("measure_heat_capacity.py"),
        system=RECORDING,
        temperatures=THEORY["heat_capacity"]["temperatures"],
        chains=THEORY["heat_capacity"]["chains"],
        kept=THEORY["heat_capacity"]["kept"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --sites {input.sites:q} --nodes {input.nodes:q} --system {params.system:q}"
        " --point {wildcards.point:q} --temperatures {params.temperatures:q} --chains {params.chains:q}"
        " --kept {params.kept:q} --seed {params.seed:q} --table {output.table:q}"
        " --output {output.metrics:q} > {log:q} 2>&1"


rule find_attractors:
    input:
        code=code("find_attractors.py"),
        sites=f"<results>/theory/{RECORDING}/{{point}}/sites.csv",
        nodes=f"<results>/theory/{RECORDING}/{{point}}/nodes.csv",
        samples=f"<results>/samples/{RECORDING}/{{point}}.parquet",
    output:
        surface=f"<results>/theory/{RECORDING}/{{point}}/surface.csv",
        metrics=f"<results>/theory/{RECORDING}/{{point}}/attractors.json",
    log:
        f"<logs>/theory/{RECORDING}/{{point}}/attractors.log",
    benchmark:
        f"<benchmarks>/theory/{RECORDING}/{{point}}/attractors.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        library=library("find_attractors.py"),
        system=RECORDING,
        n_words=THEORY["n_words"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --sites {input.sites:q} --nodes {input.nodes:q} --samples {input.samples:q}"
        " --system {params.system:q} --point {wildcards.point:q} --n-words {params.n_words:q}"
        " --seed {params.seed:q} --surface {output.surface:q} --output {output.metrics:q}"
        " > {log:q} 2>&1"
