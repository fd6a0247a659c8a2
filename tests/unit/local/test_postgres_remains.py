from local.postgres_remains import ServerProcess, classify

NAME = "raceday-0123456789ab"


def test_a_postmaster_is_known_by_its_option() -> None:
    line = f"/x/bin/postgres -D /proc/self/cwd -c cluster_name={NAME} -c port=5432"
    assert classify(7, line, NAME) == ServerProcess(7, is_postmaster=True)


def test_a_backend_is_known_by_its_title() -> None:
    assert classify(8, f"postgres: {NAME}: checkpointer", NAME) == ServerProcess(8, is_postmaster=False)


def test_another_clusters_processes_are_left_alone() -> None:
    other = "raceday-0123456789abc"
    assert classify(7, f"/x/bin/postgres -c cluster_name={other}", NAME) is None
    assert classify(8, f"postgres: {other}: checkpointer", NAME) is None
    assert classify(9, "postgres: checkpointer", NAME) is None
    assert classify(9, f"less /tmp/{NAME}/log", NAME) is None
