# Random groups of the recording's neurons, in which trained models meet the pairwise one.
rule cut_group:
    input:
        code=code("cut_group.py"),
        samples=f"<results>/samples/{RECORDING}/{FIRST}.parquet",
    output:
        samples=f"<results>/samples/{GROUPS}/{{point}}.parquet",
    log:
        f"<logs>/samples/{GROUPS}/{{point}}.log",
    benchmark:
        f"<benchmarks>/samples/{GROUPS}/{{point}}.tsv"
    wildcard_constraints:
        point="|".join(GROUP_POINTS),
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        library=library("cut_group.py"),
        system=GROUPS,
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --samples {input.samples:q} --system {params.system:q}"
        " --point {wildcards.point:q} --seed {params.seed:q} --output {output.samples:q} > {log:q} 2>&1"


rule fit_pairwise_in_group:
    input:
        code=code("fit_baseline.py"),
        samples=f"<results>/samples/{GROUPS}/{{point}}.parquet",
    output:
        words=f"<results>/words/{GROUPS}/{{point}}/pairwise.parquet",
        repeats=f"<results>/baselines/{GROUPS}/{{point}}/pairwise.repeats.csv",
        metrics=f"<results>/baselines/{GROUPS}/{{point}}/pairwise.json",
        cost=f"<results>/baselines/{GROUPS}/{{point}}/pairwise.cost.tsv",
    log:
        f"<logs>/baselines/{GROUPS}/{{point}}.log",
    benchmark:
        f"<benchmarks>/baselines/{GROUPS}/{{point}}.tsv"
    wildcard_constraints:
        point="|".join(GROUP_POINTS),
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        library=library("fit_baseline.py"),
        system=GROUPS,
        settings=flags({"kind": "pairwise", "steps": config["groups"]["pairwise_steps"]}),
        n_words=config["groups"]["n_words"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --samples {input.samples:q} --system {params.system:q}"
        " --point {wildcards.point:q} --name pairwise {params.settings:q} --n-words {params.n_words:q}"
        " --seed {params.seed:q} --words {output.words:q} --repeats {output.repeats:q}"
        " --cost {output.cost:q} --output {output.metrics:q} > {log:q} 2>&1"


rule compare_group:
    input:
        code=code("compare_group.py"),
        samples=f"<results>/samples/{GROUPS}/{{point}}.parquet",
        pairwise=f"<results>/baselines/{GROUPS}/{{point}}/pairwise.json",
        repeats=f"<results>/baselines/{GROUPS}/{{point}}/pairwise.repeats.csv",
        models=[f"<results>/models/{GROUPS}/{{point}}/{m}.pt" for m in config["groups"]["models"]],
        records=[f"<results>/models/{GROUPS}/{{point}}/{m}.json" for m in config["groups"]["models"]],
    output:
        table=f"<results>/groups/{{point}}.csv",
        metrics=f"<results>/groups/{{point}}.json",
    log:
        f"<logs>/groups/{{point}}.log",
    benchmark:
        f"<benchmarks>/groups/{{point}}.tsv"
    wildcard_constraints:
        point="|".join(GROUP_POINTS),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(6000),
        runtime=growing(10),
    params:
        library=library("compare_group.py"),
        system=GROUPS,
        names=list(config["groups"]["models"]),
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {params.system:q} --point {wildcards.point:q}"
        " --samples {input.samples:q} --pairwise {input.pairwise:q} --repeats {input.repeats:q}"
        " --names {params.names:q} --models {input.models:q} --seed {params.seed:q}"
        " --table {output.table:q} --output {output.metrics:q} > {log:q} 2>&1"


rule tabulate_groups:
    input:
        code=code("tabulate_groups.py"),
        groups=[f"<results>/groups/{point}.csv" for point in GROUP_POINTS],
    output:
        table="<results>/groups.csv",
        metrics="<results>/groups.json",
    log:
        "<logs>/groups/all.log",
    benchmark:
        "<benchmarks>/groups/all.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        library=library("tabulate_groups.py"),
        system=GROUPS,
        point=spell({"neurons": config["groups"]["n_neurons"]}),
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {params.system:q} --point {params.point:q} --groups {input.groups:q}"
        " --table {output.table:q} --output {output.metrics:q} > {log:q} 2>&1"
