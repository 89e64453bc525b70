"""The words by which logs, settings, metrics and roles are recognised."""

import re


def word_set(text: str) -> frozenset[str]:
    """The words of a text, which is easier to read than a list of them."""
    return frozenset(text.split())


SPLITS = {
    "train": "train",
    "training": "train",
    "tr": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "eval": "val",
    "evaluation": "val",
    "test": "test",
    "testing": "test",
    "holdout": "test",
}

# Sections of a log. Inside settings everything is a setting; inside metrics every number is a metric.
SETTINGS_SECTIONS = word_set(
    """
    config configs configuration cfg args arguments hparams hyperparameters hyperparams hyper_parameters
    params parameters settings options opts flags kwargs hps environment env_info system versions
    version git hardware devices gpus metadata meta command trial_params versions tags
    """
)
METRIC_SECTIONS = word_set(
    """
    metric metrics result results score scores final finals summary performance stats statistics losses
    measures measurements outcome outcomes
    """
)
HISTORY_SECTIONS = word_set(
    """
    history log_history logs curves learning_curve learning_curves trajectory
    """
)
CONTAINERS = (
    METRIC_SECTIONS
    | HISTORY_SECTIONS
    | word_set(
        """
    charts scalars epoch_metrics
    """
    )
)

# Lists of a curve that tell no more than which is drawn over which.
CURVE_STEPS = ("xs", "x")
CURVE_VALUES = frozenset(("ys", "y"))

STEPS = (
    "step",
    "global_step",
    "_step",
    "steps",
    "total_steps",
    "total_step",
    "env_step",
    "env_steps",
    "total_timesteps",
    "timesteps",
    "num_timesteps",
    "timestep",
    "timesteps_total",
    "total_env_steps",
    "iteration",
    "iterations",
    "training_iteration",
    "iter",
    "iters",
    "update",
    "n_updates",
    "batch",
    "round",
    "epoch",
    "epochs",
    "episode",
    "episodes",
    "ep",
)

# Settings that stand among metrics without a section of their own. The last word of the key decides.
SETTING_NAMES = word_set(
    """
    seed lr learning_rate batch_size epochs n_epochs num_epochs max_epochs steps max_steps n_steps
    hidden hidden_size hidden_dim width depth n_layers num_layers layers dropout weight_decay wd
    momentum beta beta1 beta2 gamma eps epsilon alpha lambda tau temperature top_p top_k warmup
    warmup_steps patience k n_estimators max_depth num_workers workers device gpu gpus port rank
    world_size version fold trial random_state split_seed embed_dim d_model n_heads num_heads
    context_length block_size vocab_size max_length chunk_size run_id id idx index port pid year month
    day num_fewshot n_shot bootstrap_iters limit budget clip grad_clip exit_code exitcode returncode
    return_code fewshot shots num_shots n_shots checkpoint
    """
)
SETTING_ENDS = word_set(
    """
    size dim scale weight weights coefficient coefficients coef lambda threshold smoothing rate_limit
    freq frequency interval every seed ratio_target id type function fn key name path file
    """
)
# Settings that tell where or when a run was made, and nothing of what was tried.
NUISANCE = word_set(
    """
    host hostname node port pid rank world_size device gpu gpus id idx index run_id uuid date time timestamp
    started start_time year month day workers num_workers user username dir path out_dir output_dir
    log_dir save_dir name run_name exp_name commit git_commit hash
    """
)
SETTINGS_FILE = re.compile(
    r"^(?:\.?(?:ds_|deepspeed_|model_|generation_|adapter_|preprocessor_|tokenizer_)?config\w*|hparams|params|args|"
    r"arguments|settings|options|hyperparameters|hyperparams|hyper_parameters|flags|cfg)\.(?:json|ya?ml|toml)$",
    re.IGNORECASE,
)
NOT_A_LOG = re.compile(
    r"config|tsconfig|package|composer|manifest|schema|vocab|tokenizer|special_tokens|merges|launch|tasks\.json|"
    r"\.lock|lock\.json|requirements|index\.json$|dataset_info|model\.safetensors",
    re.IGNORECASE,
)
# Words of file names that say only "a log", so that the folder names the run.
LOG_WORDS = word_set(
    """
    result results metric metrics stat stats summary report log logs history eval evaluation evaluations
    train training test testing val valid validation dev score scores final all output progress monitor
    performance trainer state info run data record records events scalars epoch epochs step steps best
    last experiment wandb losses loss curve curves learning exp
    """
)
LOG_FOLDERS = re.compile(
    r"(?:^|[_-])(?:runs?|results?|logs?|outputs?|exps?|experiments?|checkpoints?|ckpts?|evals?|evaluations?|"
    r"metrics|curves?|sweeps?|trials?|seeds?|models|benchmarks?|multirun|ray_results|lightning_logs|saved?)(?:[_-]|$)",
    re.IGNORECASE,
)

# Direction by word; `bounded` metrics lie in [0, 1] or in [0, 100] percent.
LOWER = word_set(
    """
    loss losses error err errors rmse mse mae mape smape rmsle nll perplexity ppl fid kid lpips wer cer
    ter ece mce latency time seconds secs runtime duration memory regret brier bpb bpc bits_per_byte eer
    ce crossentropy bce deviance distance nmse rse cost elbo_loss kl kld hinge fpr fnr mpjpe emd chamfer
    logloss mase crps msle medae ade fde minade minfde hd95 assd
    """
)
HIGHER = word_set(
    """
    acc accuracy f1 f auc auroc roc_auc auprc prauc pr_auc aupr ap map bleu rouge rouge1 rouge2 rougel
    meteor cider iou miou dice psnr ssim r2 return returns reward rewards rew success precision recall
    score top1 top5 elo sensitivity specificity mcc kappa ndcg mrr em exact_match hits spearman pearson
    win winrate likelihood auroc hit tpr tnr mauve bertscore chrf comet pass
    hota mota idf1 sdr sisdr snr sisnr pesq stoi nmi ari ami clipscore pck lddt map50 ap50 ap75 spl bleurt
    """
)
BOUNDED = word_set(
    """
    acc accuracy f1 auc auroc roc_auc auprc prauc pr_auc aupr ap map iou miou dice success precision
    recall top1 top5 sensitivity specificity em exact_match ece eer wer cer fpr fnr tpr tnr winrate ndcg
    mrr err error
    """
)
# These words take the meaning away from the words beside them.
NEUTRAL = word_set(
    """
    std stderr stdev var variance sem count num n support number size reduction improvement gap ratio
    delta diff difference parameters params throughput fps samples epoch step steps lr
    total norm scale weight coef
    """
)
NEGATED = word_set(
    """
    neg negative minus inv
    """
)
UNITS = {
    "seconds": "s",
    "secs": "s",
    "sec": "s",
    "ms": "ms",
    "milliseconds": "ms",
    "hours": "h",
    "minutes": "min",
    "mb": "MB",
    "gb": "GB",
    "mib": "MiB",
    "gib": "GiB",
    "percent": "%",
    "pct": "%",
}
METRIC_WORDS = (
    LOWER
    | HIGHER
    | word_set(
        """
    roc pr top metric kl
    """
    )
)

# Keys that play a role, the surest first, with the confidence that the name alone gives.
ROLE_KEYS: dict[str, tuple[tuple[str, float], ...]] = {
    "method": (
        ("method", 0.95),
        ("method_name", 0.95),
        ("algorithm", 0.9),
        ("algo", 0.9),
        ("alg", 0.85),
        ("approach", 0.85),
        ("algorithm_name", 0.85),
        ("algo_name", 0.85),
        ("model", 0.8),
        ("model_name", 0.8),
        ("model.name", 0.8),
        ("model_type", 0.75),
        ("arch", 0.75),
        ("architecture", 0.75),
        ("model.type", 0.7),
        ("model.arch", 0.7),
        ("model.kind", 0.65),
        ("model.arch_type", 0.65),
        ("model._target_", 0.6),
        ("network", 0.6),
        ("net", 0.6),
        ("backbone", 0.55),
        ("agent", 0.55),
        ("_name_or_path", 0.55),
        ("framework", 0.6),
        ("classifier", 0.6),
        ("estimator", 0.6),
        ("learner", 0.6),
        ("model_name_or_path", 0.6),
    ),
    "dataset": (
        ("dataset", 0.95),
        ("dataset_name", 0.95),
        ("dataset.name", 0.9),
        ("data.name", 0.9),
        ("data_name", 0.85),
        ("data.dataset", 0.85),
        ("env_id", 0.85),
        ("env_name", 0.85),
        ("environment_name", 0.85),
        ("benchmark", 0.75),
        ("task", 0.7),
        ("task_name", 0.75),
        ("env", 0.7),
        ("env.name", 0.75),
        ("env.id", 0.75),
        ("data", 0.65),
        ("data.path", 0.6),
        ("data_path", 0.55),
        ("dataset_path", 0.55),
        ("domain", 0.55),
        # Of several tables that name runs, each is called after what its runs share.
        ("table", 0.5),
    ),
    "seed": (
        ("seed", 0.95),
        ("random_seed", 0.9),
        ("rng_seed", 0.9),
        ("random_state", 0.85),
        ("seed_id", 0.85),
        ("trial_seed", 0.85),
        ("seeds", 0.6),
        ("trial", 0.65),
        ("replicate", 0.75),
        ("repeat", 0.65),
        ("run_seed", 0.85),
        ("seed_idx", 0.8),
        ("global_seed", 0.8),
        ("manual_seed", 0.85),
    ),
    "fold": (("fold", 0.95), ("cv_fold", 0.95), ("fold_idx", 0.95), ("fold_id", 0.9), ("split_idx", 0.8)),
    "variant": (("variant", 0.95), ("ablation", 0.85)),
}
FIELD_ROLES = {
    name: role
    for role, names in {
        "method": (
            "method", "algorithm", "algo", "model", "approach", "arch", "agent", "framework", "classifier",
            "estimator", "learner",
        ),
        "dataset": ("dataset", "data", "env", "env_id", "task", "environment", "benchmark"),
        "seed": ("seed", "trial", "replicate", "repeat", "random_state"),
        "fold": ("fold",),
        "variant": ("variant", "ablation"),
    }.items()
    for name in names
}  # fmt: skip
METHOD_WORDS = word_set(
    """
    mlp resnet cnn rnn lstm gru transformer vit bert gpt2 xgboost catboost lightgbm ppo sac a2c dqn ddpg
    td3 trpo erm irm baseline ours proposed linear logistic knn svm rf gbdt tabnet vae gan unet gcn gat
    adam sgd full ablation random greedy finetune scratch
    gpt llama mistral mixtral qwen gemma claude gemini deepseek t5 bart roberta deberta albert distilbert
    electra mamba lora cot vgg densenet mobilenet efficientnet convnext swin alexnet simclr moco byol
    graphsage bcq cql iql awac impala rainbow dreamer reinforce
    """
)
DATASET_WORDS = word_set(
    """
    mnist fashion cifar cifar10 cifar100 imagenet svhn adult california higgs covtype iris wine diabetes
    celeba coco voc squad glue mnli sst sst2 cola rte wikitext wikitext103 ptb cora citeseer pubmed
    cartpole hopper walker walker2d halfcheetah ant humanoid pong breakout atari acrobot pendulum sine
    moons circles blobs vlcs pacs
    emnist kmnist omniglot stl10 cub ade20k cityscapes kitti nuscenes modelnet shapenet zinc qm9 etth1 etth2
    ettm1 ettm2 gsm8k mmlu hellaswag piqa winogrande lambada boolq humaneval mbpp truthfulqa qnli qqp mrpc
    snli imdb librispeech enwik8 text8 openwebtext shakespeare antmaze
    """
)

# First letters of the names of benchmarks that hold several data sets.
SUITE_WORDS = word_set(
    """
    atari procgen dmc dmcontrol dmlab metaworld minigrid mujoco robosuite robomimic libero bsuite d4rl
    glue superglue vtab mteb beir wilds domainbed ogb amlb openml tabzilla tabred
    """
)


def words(key: str) -> list[str]:
    """The lower-case words of a key: `Train/topAcc_1` gives train, top, acc, 1."""
    return _WORD.findall(_CAMEL.sub("_", key).lower())


_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+")
_METRIC = re.compile(
    rb"|".join(sorted((re.escape(w).encode() for w in METRIC_WORDS if len(w) > 1), reverse=True))
)


def mentions_metric(data: bytes) -> bool:
    """Whether any word of a metric stands in the bytes: a cheap test before parsing."""
    return _METRIC.search(data.lower()) is not None


def is_metric_name(key: str) -> bool:
    """Whether the words of the key name something that is measured."""
    last = key.rsplit(".", 1)[-1].lower()
    return last in METRIC_WORDS or (not METRIC_WORDS.isdisjoint(words(last)) and not is_setting_name(key))


def is_setting_name(key: str) -> bool:
    """Whether the key, standing among metrics, is a setting all the same: `seed`, `loss_scale`."""
    last = key.rsplit(".", 1)[-1].lower()
    end = words(last)[-1:]
    return last in SETTING_NAMES or (last != "size" and bool(end) and end[0] in SETTING_ENDS)


# What a clock shows beside steps.
_CLOCKS = word_set("hour hours minute minutes walltime wall_time wall_clock timestamp elapsed elapsed_time")
_COUNTED = word_set(
    "frame frames env_frames num_episodes total_episodes total_frames samples_seen tokens_seen"
)


def is_counter(name: str) -> bool:
    """Whether a logged key counts or clocks how far a run is: `epoch`, `frame`, `hour`."""
    last = name.replace("/", ".").rsplit(".", 1)[-1].lower().strip("_").replace(" ", "_")
    return last in STEPS or last in _CLOCKS or last in _COUNTED


_VERSIONED = re.compile(r"[a-z]-v\d+$")


def is_known_name(value: str, lexicon: frozenset[str]) -> bool:
    """Whether the value holds a word of the lexicon; a version, as in `Hopper-v4`, names an environment."""
    if lexicon is DATASET_WORDS and _VERSIONED.search(value):
        return True
    return not lexicon.isdisjoint((*words(value), *value.lower().replace("-", "_").split("_")))


# Last part of the key that numbers a test item, and of the one that names its cluster; the first match wins.
# Rows that bear an item are results of items, and no steps.
ITEM_KEYS = (
    "item", "item_id", "idx", "doc_id", "example", "example_id", "question_id", "sample_id", "instance_id",
    "problem_id", "task_id", "qid",
)  # fmt: skip
CLUSTER_KEYS = (
    "cluster", "cluster_id", "passage", "passage_id", "template", "template_id", "document_id", "repo",
    "repository", "subject", "category", "topic",
)  # fmt: skip
ITEM_NAMES = frozenset(ITEM_KEYS)
