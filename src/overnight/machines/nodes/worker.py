"""Starts a node: a Dask worker with our settings, by the options of `dask worker`.

`python -m overnight.machines.nodes.worker ADDRESS --name NAME --no-nanny --no-dashboard --nthreads 1 --memory-limit 0 ...`
"""


def main() -> None:
    """Run a worker until its scheduler is gone."""
    import dask

    from overnight.machines.nodes.settings import SETTINGS

    dask.config.set(SETTINGS)
    from distributed.cli.dask_worker import main as run_worker

    run_worker()


if __name__ == "__main__":
    main()
