# What the report shows (snakemake --report): figures by system, tables as pages. Captions are in report/.
report: "../report/workflow.rst"


TITLES_OF_TABLES = {
    **{
        table: table
        for table in ("capacity", "objectives")
        if f"<results>/{table}.csv" in files.tables_of_all()
    },
    **{f"comparison/{name}": f"models of {name}" for name in plan.running(plan.datasets)},
}


rule render_tables:
    input:
        inputs=[f"<results>/{table}.csv" for table in TITLES_OF_TABLES],
    output:
        outputs=[
            report(
                f"<results>/pages/{table}.html",
                caption=f"../report/{table.partition('/')[0]}.rst",
                category="Tables",
                labels={"table": TITLES_OF_TABLES[table]},
            )
            for table in TITLES_OF_TABLES
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
