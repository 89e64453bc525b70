"""Logged keys, path templates, units and directions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.runs.key import parse_key
from paperback.runs.roles import natural
from paperback.runs.template import fields_of
from paperback.runs.units import direction_of


@pytest.mark.parametrize(
    ("key", "name", "split"),
    [
        ("metrics.test.accuracy", "accuracy", "test"),
        ("val/loss", "loss", "val"),
        ("val_loss", "loss", "val"),
        ("train/loss", "loss", "train"),
        ("test_acc", "acc", "test"),
        ("eval_f1", "f1", "val"),
        ("loss_val", "loss", "val"),
        ("eval_mnli-mm_loss", "mnli-mm_loss", "val"),
        ("best_val_acc", "best_acc", "val"),
        ("final_test_acc", "acc", "test"),
        ("validation/epoch_loss", "loss", "val"),
        ("train_loss_step", "loss_step", "train"),
        ("best_epoch", "best_epoch", ""),
        ("n_parameters", "n_parameters", ""),
        ("n_train", "n_train", ""),
        ("std_dev", "std_dev", ""),
        ("metrics.train.macro avg.f1-score", "macro avg.f1-score", "train"),
        ("results", "results", ""),
        ("test", "test", ""),
        ("", "", ""),
        ("charts/episodic_return", "episodic_return", ""),
        ("Accuracy/Train", "accuracy", "train"),
    ],
)
def test_a_key_is_taken_apart(key: str, name: str, split: str) -> None:
    """Split and containers are cut off a key, and the rest is the metric's name."""
    parsed = parse_key(key)
    assert (parsed.key, parsed.name, parsed.split) == (key, name, split)


@given(st.text())
def test_every_key_has_a_name(key: str) -> None:
    """No key is lost: the key itself is kept and its name is empty only when it is."""
    parsed = parse_key(key)
    assert parsed.key == key
    assert bool(parsed.name) == bool(key)


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("loss", "lower"),
        ("accuracy", "higher"),
        ("0.f1-score", "higher"),
        ("error", "lower"),
        ("error_reduction", "unknown"),
        ("neg_mse", "higher"),
        ("-loss", "higher"),
        ("log_likelihood", "higher"),
        ("neg_log_likelihood", "lower"),
        ("mnli-mm_loss", "lower"),
        ("bits_per_byte", "lower"),
        ("throughput", "unknown"),
        ("elo", "higher"),
        ("n_parameters", "unknown"),
        ("acc_stderr", "unknown"),
        ("brier_score", "lower"),
        ("pass@1", "higher"),
        ("episodic_return", "higher"),
        ("acc_norm", "higher"),
        ("acc_norm_stderr", "unknown"),
        ("grad_norm", "unknown"),
        ("likelihood_difference", "unknown"),
        ("wombat", "unknown"),
    ],
)
def test_direction_is_told_by_the_words_of_a_name(name: str, direction: str) -> None:
    """A word that reverses or removes the sense of another is heard."""
    assert direction_of(name) == direction


@pytest.mark.parametrize(
    ("template", "path", "fields"),
    [
        ("output/{dataset}/{method}/{seed}/stats.json", "output/adult/mlp/3/stats.json", "adult mlp 3"),
        ("logs/{method}-{dataset}/0.monitor.csv", "logs/ppo-Ant-v3/0.monitor.csv", "ppo Ant-v3"),
        ("runs/{method}_seed{seed}.json", "runs/my_net_seed12.json", "my_net 12"),
        ("runs/{method}/**/{seed}.json", "runs/mlp/a/b/7.json", "mlp 7"),
        ("runs/{method}/*.json", "runs/mlp/anything.json", "mlp"),
        ("runs/{method}/{method}.json", "runs/mlp/mlp.json", "mlp"),
        ("runs/{method}/{method}.json", "runs/mlp/cnn.json", None),
        ("runs/{method}/result.json", "runs/a/b/result.json", None),
        ("runs/{method}/result.json", "runs/a/result.jsonX", None),
        ("runs/{method}.json", "runs/.json", None),
    ],
)
def test_a_template_reads_fields_from_a_path(template: str, path: str, fields: str | None) -> None:
    """A field stays within one component, and the first separator between two fields separates."""
    found = fields_of(path, (template,))
    assert (None if found is None else " ".join(found.values())) == fields


def test_the_first_template_that_matches_counts() -> None:
    """Templates are alternatives, tried in the author's order."""
    templates = ("a/{seed}/x.json", "a/{method}/x.json")
    assert fields_of("a/3/x.json", templates) == {"seed": "3"}


def test_natural_order_counts_numbers() -> None:
    """Seed 2 comes before seed 10, and words keep the order of the alphabet."""
    assert sorted(["10", "2", "b", "a10", "a2"], key=natural) == ["2", "10", "a2", "a10", "b"]
