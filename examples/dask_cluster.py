"""
A Dask cluster
==============

Rows in chunks on the workers of a cluster, here two processes of this machine. Each worker
learns its own chunks; after every epoch the weights are averaged. The chunks never come to the
client: they could as well be files that the workers read. Install Dask with
``pip install "sklearn-ed[dask]"`` and run ``python examples/dask_cluster.py``.
"""

# %%
# A chunk is made where it is needed, from its number.
import numpy as np

from sklearn_ed.dask import DaskEDClassifier

try:
    import dask.array as da
    from dask.distributed import Client
except ImportError:
    raise SystemExit("This example needs Dask: pip install 'sklearn-ed[dask]'") from None

N_CHUNKS, CHUNK_ROWS, N_FEATURES = 8, 2000, 20


def make_rows(block_id):
    rng = np.random.default_rng(block_id[0])
    return rng.normal(size=(CHUNK_ROWS, N_FEATURES)).astype(np.float32)


# %%
# Fit, score and predict. What is a script must not start processes when it is imported by them.
def main():
    X = da.map_blocks(
        make_rows, chunks=((CHUNK_ROWS,) * N_CHUNKS, (N_FEATURES,)), dtype=np.float32
    )
    y = (X[:, 0] * X[:, 1] > X[:, 2]).astype(int)
    n_train = (N_CHUNKS - 1) * CHUNK_ROWS
    with Client(n_workers=2, threads_per_worker=1, dashboard_address=":0") as client:
        model = DaskEDClassifier(client, max_iter=20, random_state=0)
        model.fit(X[:n_train], y[:n_train])
        print(
            f"loss of the first epoch {model.loss_curve_[0]:.3f}, of the last {model.loss_:.3f}"
        )
        print(f"accuracy on the last chunk: {model.score(X[n_train:], y[n_train:]):.3f}")
        # An array of Dask, computed where the chunks are.
        probabilities = model.predict_proba(X)
        print(f"mean probability of class 1: {probabilities[:, 1].mean().compute():.3f}")
        local = model.to_local()
    # The plain estimator needs no cluster.
    print(type(local).__name__, local.predict(make_rows((99,))[:3]))


if __name__ == "__main__":
    main()
