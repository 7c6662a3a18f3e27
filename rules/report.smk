# What the report shows (snakemake --report): figures by system, tables as pages. Captions are in report/.
report: "../report/workflow.rst"


CAPTIONED = ("capacity", "objectives", "models_of_recording")
REPORT_TABLES = [table for table in CAPTIONED if f"<results>/{table}.csv" in tables_of_all()]


rule render_tables:
    input:
        inputs=[f"<results>/{table}.csv" for table in REPORT_TABLES],
    output:
        outputs=[
            report(
                f"<results>/pages/{table}.html",
                caption=f"../report/{table}.rst",
                category="Tables",
                labels={"table": table.replace("_", " ")},
            )
            for table in REPORT_TABLES
        ],
    log:
        "<logs>/pages/tables.log",
    benchmark:
        "<benchmarks>/pages/tables.tsv"
    conda:
        "../envs/science.yaml"
    params:
        **program("reproduce/render.py"),
    message:
        "Render tables as pages (log: {log})"
    shell:
        RUN


rule report:
    input:
        rules.all.input,
        rules.render_tables.output,
        "<results>/reproduce.html",
        "<results>/repeated.html",
    localrule: True
