# Decoding never sees the truth; the comparison with it is a rule of its own.
rule decode_fields:
    input:
        code=code("decode_fields.py"),
        samples="<results>/samples/{system}/{point}.parquet",
        model="<results>/models/{system}/{point}/{model}.pt",
        record="<results>/models/{system}/{point}/{model}.json",
    output:
        read_off="<results>/decoded/{system}/{point}/{model}.json",
        spectrum="<results>/decoded/{system}/{point}/{model}.spectrum.csv",
        patterns="<results>/decoded/{system}/{point}/{model}.patterns.csv",
    log:
        "<logs>/decoded/{system}/{point}/{model}.log",
    benchmark:
        "<benchmarks>/decoded/{system}/{point}/{model}.tsv"
    wildcard_constraints:
        system="|".join(DECODED),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        library=library("decode_fields.py"),
        kind=lambda wildcards: SOURCES[wildcards.system]["patterns"],
        n_test=config["evaluation"]["n_test"],
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {wildcards.system:q} --point {wildcards.point:q}"
        " --name {wildcards.model:q} --samples {input.samples:q} --model {input.model:q}"
        " --patterns {params.kind:q} --n-test {params.n_test:q} --seed {params.seed:q}"
        " --output {output.read_off:q} --spectrum {output.spectrum:q}"
        " --pattern-table {output.patterns:q} > {log:q} 2>&1"


rule compare_with_theory:
    input:
        code=code("compare_with_theory.py"),
        decoded=lambda wildcards: [
            f"<results>/decoded/{wildcards.system}/{path}{suffix}"
            for path in models_of(wildcards.system)
            for suffix in (".json", ".spectrum.csv", ".patterns.csv")
        ],
    output:
        metrics="<results>/decoded/{system}/comparison.json",
        spectra="<results>/decoded/{system}/spectra.csv",
        patterns="<results>/decoded/{system}/patterns.csv",
        overlaps="<results>/decoded/{system}/overlaps.csv",
    log:
        "<logs>/decoded/{system}/comparison.log",
    benchmark:
        "<benchmarks>/decoded/{system}/comparison.tsv"
    wildcard_constraints:
        system="|".join(MEAN_FIELD),
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        library=library("compare_with_theory.py"),
        models=lambda wildcards: models_of(wildcards.system),
        folder=subpath(output.metrics, parent=True),
        n_train=lambda wildcards: train_size(SYSTEMS[wildcards.system]["n_samples"]),
        seed=SEED,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {wildcards.system:q} --decoded {params.folder:q}"
        " --models {params.models:q} --n-train {params.n_train:q} --seed {params.seed:q}"
        " --output {output.metrics:q} --spectra {output.spectra:q} --patterns {output.patterns:q}"
        " --overlaps {output.overlaps:q} > {log:q} 2>&1"


rule report_decoding:
    input:
        code=code("report_decoding.py"),
        read_off=f"<results>/decoded/{RECORDING}/{{point}}/{{model}}.json",
        spectrum=f"<results>/decoded/{RECORDING}/{{point}}/{{model}}.spectrum.csv",
    output:
        metrics=f"<results>/decoded/{RECORDING}/{{point}}/{{model}}.metrics.json",
    log:
        f"<logs>/decoded/{RECORDING}/{{point}}/{{model}}.metrics.log",
    benchmark:
        f"<benchmarks>/decoded/{RECORDING}/{{point}}/{{model}}.metrics.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        library=library("report_decoding.py"),
        system=RECORDING,
    shell:
        f"{PYTHON} "
        "{input.code:q} --system {params.system:q} --point {wildcards.point:q}"
        " --name {wildcards.model:q} --read-off {input.read_off:q} --spectrum {input.spectrum:q}"
        " --output {output.metrics:q} > {log:q} 2>&1"
