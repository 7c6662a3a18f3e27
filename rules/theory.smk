# The generalized Hopfield model of one decoder: its tables, and what its own Monte Carlo says.
TABLES_OF_THEORY = {
    table: f"<results>/theory/{{system}}/{{point}}/{table}.csv" for table in ("sites", "nodes")
}


rule write_theory:
    input:
        unpack(of_job(files.model_of_theory)),
    output:
        output=TABLES_OF_THEORY["sites"],
        nodes=TABLES_OF_THEORY["nodes"],
        coupling="<results>/theory/{system}/{point}/coupling.csv",
    log:
        "<logs>/theory/{system}/{point}/tables.log",
    benchmark:
        "<benchmarks>/theory/{system}/{point}/tables.tsv"
    wildcard_constraints:
        system=any_of(plan.with_theory),
    conda:
        "../envs/torch.yaml"
    params:
        **program("theory/hamiltonian.py", name=of_system(plan.in_theory, "model")),
    message:
        "Write the Hamiltonian of {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


rule sample_theory:
    input:
        **TABLES_OF_THEORY,
    output:
        words="<results>/words/{system}/{point}/hamiltonian.parquet",
        output="<results>/theory/{system}/{point}/words.json",
    log:
        "<logs>/theory/{system}/{point}/words.log",
    benchmark:
        "<benchmarks>/theory/{system}/{point}/words.tsv"
    wildcard_constraints:
        system=any_of(plan.with_theory),
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "theory/monte_carlo.py",
            chains=of_system(plan.in_theory, "chains"),
            kept=of_system(plan.in_theory, "kept"),
        ),
    message:
        "Sample the Hamiltonian of {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


rule measure_heat_capacity:
    input:
        **TABLES_OF_THEORY,
    output:
        table="<results>/theory/{system}/{point}/heat_capacity.csv",
        output="<results>/theory/{system}/{point}/heat_capacity.json",
    log:
        "<logs>/theory/{system}/{point}/heat_capacity.log",
    benchmark:
        "<benchmarks>/theory/{system}/{point}/heat_capacity.tsv"
    wildcard_constraints:
        system=any_of(plan.with_theory),
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "theory/heat_capacity.py",
            **{
                name: of_system(plan.in_theory, f"heat_capacity.{name}")
                for name in ("temperatures", "chains", "kept")
            },
        ),
    message:
        "Measure the heat capacity of {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


rule find_attractors:
    input:
        **TABLES_OF_THEORY,
        samples="<results>/samples/{system}/{point}.parquet",
    output:
        surface="<results>/theory/{system}/{point}/surface.csv",
        output="<results>/theory/{system}/{point}/attractors.json",
    log:
        "<logs>/theory/{system}/{point}/attractors.log",
    benchmark:
        "<benchmarks>/theory/{system}/{point}/attractors.tsv"
    wildcard_constraints:
        system=any_of(plan.with_theory),
    conda:
        "../envs/science.yaml"
    params:
        **program("theory/attractors.py", n_words=of_system(plan.in_theory, "n_words")),
    message:
        "Find attractors of {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN
