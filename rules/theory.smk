# The generalized Hopfield model of one decoder: its tables, and what its own Monte Carlo says.
THEORY = config["recording"]["theory"]
TABLES_OF_THEORY = {
    table: f"<results>/theory/{RECORDING}/{{point}}/{table}.csv" for table in ("sites", "nodes")
}


rule write_theory:
    input:
        **trained(f"{RECORDING}/{{point}}/{THEORY['model']}"),
    output:
        output=TABLES_OF_THEORY["sites"],
        nodes=TABLES_OF_THEORY["nodes"],
        coupling=f"<results>/theory/{RECORDING}/{{point}}/coupling.csv",
    log:
        f"<logs>/theory/{RECORDING}/{{point}}/tables.log",
    benchmark:
        f"<benchmarks>/theory/{RECORDING}/{{point}}/tables.tsv"
    conda:
        "../envs/torch.yaml"
    params:
        **program("theory/hamiltonian.py", system=RECORDING, name=THEORY["model"]),
    message:
        f"Write the Hamiltonian of {THEORY['model']} on {RECORDING} at {{wildcards.point}} (log: {{log}})"
    shell:
        RUN


rule sample_theory:
    input:
        **TABLES_OF_THEORY,
    output:
        words=f"<results>/words/{RECORDING}/{{point}}/hamiltonian.parquet",
        output=f"<results>/theory/{RECORDING}/{{point}}/words.json",
    log:
        f"<logs>/theory/{RECORDING}/{{point}}/words.log",
    benchmark:
        f"<benchmarks>/theory/{RECORDING}/{{point}}/words.tsv"
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "theory/monte_carlo.py", system=RECORDING, chains=THEORY["chains"], kept=THEORY["kept"]
        ),
    message:
        f"Sample the Hamiltonian on {RECORDING} at {{wildcards.point}} (log: {{log}})"
    shell:
        RUN


rule measure_heat_capacity:
    input:
        **TABLES_OF_THEORY,
    output:
        table=f"<results>/theory/{RECORDING}/{{point}}/heat_capacity.csv",
        output=f"<results>/theory/{RECORDING}/{{point}}/heat_capacity.json",
    log:
        f"<logs>/theory/{RECORDING}/{{point}}/heat_capacity.log",
    benchmark:
        f"<benchmarks>/theory/{RECORDING}/{{point}}/heat_capacity.tsv"
    conda:
        "../envs/science.yaml"
    params:
        **program("theory/heat_capacity.py", system=RECORDING, **THEORY["heat_capacity"]),
    message:
        f"Measure the heat capacity on {RECORDING} at {{wildcards.point}} (log: {{log}})"
    shell:
        RUN


rule find_attractors:
    input:
        **TABLES_OF_THEORY,
        samples=f"<results>/samples/{RECORDING}/{{point}}.parquet",
    output:
        surface=f"<results>/theory/{RECORDING}/{{point}}/surface.csv",
        output=f"<results>/theory/{RECORDING}/{{point}}/attractors.json",
    log:
        f"<logs>/theory/{RECORDING}/{{point}}/attractors.log",
    benchmark:
        f"<benchmarks>/theory/{RECORDING}/{{point}}/attractors.tsv"
    conda:
        "../envs/science.yaml"
    params:
        **program("theory/attractors.py", system=RECORDING, n_words=THEORY["n_words"]),
    message:
        f"Find attractors on {RECORDING} at {{wildcards.point}} (log: {{log}})"
    shell:
        RUN
