# Decoding never sees the truth; the comparison with it is a rule of its own.
rule decode_fields:
    input:
        **trained("{system}/{point}/{name}"),
        samples="<results>/samples/{system}/{point}.parquet",
    output:
        output="<results>/decoded/{system}/{point}/{name}.json",
        spectrum="<results>/decoded/{system}/{point}/{name}.spectrum.csv",
        pattern_table="<results>/decoded/{system}/{point}/{name}.patterns.csv",
    log:
        "<logs>/decoded/{system}/{point}/{name}.log",
    benchmark:
        "<benchmarks>/decoded/{system}/{point}/{name}.tsv"
    wildcard_constraints:
        system=any_of(plan.mean_field),
    conda:
        "../envs/torch.yaml"
    params:
        **program("decode/decode.py", patterns=of_system(plan.patterns_of), n_test=N_TEST),
    message:
        "Decode {wildcards.name} on {wildcards.system} at {wildcards.point} (log: {log})"
    shell:
        RUN


use rule decode_fields as decode_dataset with:
    output:
        output="<results>/decoded/{system}/{point}/{name}.json",
        spectrum="<results>/decoded/{system}/{point}/{name}.spectrum.csv",
        pattern_table="<results>/decoded/{system}/{point}/{name}.patterns.csv",
        metrics="<results>/decoded/{system}/{point}/{name}.metrics.json",
    wildcard_constraints:
        system=any_of(plan.datasets),


rule compare_with_theory:
    input:
        decoded=of_system(files.decoded_of),
    output:
        output="<results>/decoded/{system}/comparison.json",
        spectra="<results>/decoded/{system}/spectra.csv",
        patterns="<results>/decoded/{system}/patterns.csv",
        overlaps="<results>/decoded/{system}/overlaps.csv",
    log:
        "<logs>/decoded/{system}/comparison.log",
    benchmark:
        "<benchmarks>/decoded/{system}/comparison.tsv"
    wildcard_constraints:
        system=any_of(plan.mean_field),
    conda:
        "../envs/science.yaml"
    params:
        **program(
            "decode/against_truth.py",
            models=of_system(plan.models_of),
            decoded=lambda _, output: os.path.dirname(output.output),
            n_train=of_system(lambda name: train_size(plan.systems[name]["n_samples"])),
        ),
    message:
        "Judge what was decoded of {wildcards.system} (log: {log})"
    shell:
        RUN
