"""The commands and environments that a formula may use; every one is in LaTeX with amsmath and amssymb."""

_GREEK = """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda
mu nu xi pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega
Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"""
_SYMBOLS = """infty partial nabla forall exists nexists emptyset varnothing ell hbar imath jmath
Re Im aleph wp angle top bot prime triangle square checkmark dagger ddagger ldots
cdots vdots ddots dots dotsc dotsb"""
_OPERATORS = """sum prod coprod int iint iiint oint bigcup bigcap bigvee bigwedge bigoplus bigotimes
pm mp times div cdot ast star circ bullet oplus ominus otimes oslash odot cap cup
uplus sqcap sqcup vee wedge land lor lnot neg setminus smallsetminus"""
_RELATIONS = """le leq leqslant ge geq geqslant ne neq equiv sim simeq approx cong propto ll gg prec
succ preceq succeq subset supset subseteq supseteq subsetneq sqsubseteq in ni notin
mid nmid parallel perp models vdash to gets mapsto leftarrow rightarrow
leftrightarrow Leftarrow Rightarrow Leftrightarrow longrightarrow longleftarrow
longmapsto Longrightarrow iff implies uparrow downarrow hookrightarrow
rightharpoonup rightsquigarrow triangleq doteq asymp lesssim gtrsim not"""
_FUNCTIONS = """log ln lg exp sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth max
min sup inf lim limsup liminf arg det dim ker deg gcd hom Pr operatorname
operatorname* bmod pmod mod"""
_LAYOUT = """frac dfrac tfrac binom sqrt overline underline overbrace underbrace overset underset
stackrel left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl
Biggr bigm Bigm limits nolimits displaystyle textstyle scriptstyle quad qquad boxed
phantom begin end text textbf textit textrm mathrm mathbf mathit mathsf mathtt
mathcal mathbb mathfrak boldsymbol"""
_ACCENTS = "hat widehat tilde widetilde bar vec dot ddot check breve acute grave overrightarrow"
_FENCES = """langle rangle lfloor rfloor lceil rceil lvert rvert lVert rVert vert Vert lbrace
rbrace lbrack rbrack backslash"""
_PUNCTUATION = r", : ; ! { } | \ % # $ _ &"

COMMANDS = frozenset(
    word
    for group in (
        _GREEK, _SYMBOLS, _OPERATORS, _RELATIONS, _FUNCTIONS, _LAYOUT, _ACCENTS, _FENCES
    )
    for word in group.split()
) | {*_PUNCTUATION.split(), " "}  # fmt: skip

_ENVIRONMENTS = """aligned gathered cases matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix array"""
ENVIRONMENTS = frozenset(_ENVIRONMENTS.split())
