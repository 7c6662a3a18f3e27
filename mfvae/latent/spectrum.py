"""Energies of a latent space that no reparametrisation of the latents changes.

The points are laws that a decoder gives to a configuration, p(x|z), at latents z; the distance of two
of them is that of the decoder's Fisher metric, ½ds² = KL(z ‖ z + dz) in nats. With q the density of
points per volume of that metric and V = −log q, the operator is the generator of the diffusion
∇² − ∇V·∇, which is similar to the Schrödinger operator

    H = −∇² + U,   U = |∇V|²/4 − ∇²V/2,

a kinetic term and a potential that the data make. k wells of V give k low energies, split by tunnelling,
and the gap above them counts the wells. Nothing in it depends on coordinates of the latent space.

On n points H is a sparse matrix. With ρ_i the distance of point i to its k-th neighbour, d the dimension
of the sheet and h(u) = (1 − u²)², the mean of (f_j − f_i)²/ρ_i² over neighbours with weights
h(|y_j − y_i|/ρ_i) tends to |∇f(y_i)|²/(d + 6), whatever the density. Let a_ij be these weights over ρ_i²
and w = (d + 6)(a + aᵀ): then ½Σ_ij w_ij (f_i − f_j)² is Σ_i |∇f(y_i)|², and the matrix of this form,
δ_ij Σ_l w_il − w_ij, is H in the basis of points; its ground state is constant. With the diagonal
Σ_j w_ij √(q_i/q_j) instead it is −∇² alone, so that the difference of both is diagonal, and is U. These
are the limits c₁ = 1 and c₁ = 0 of kernels with variable bandwidth (Berry & Harlim, Appl. Comput.
Harmon. Anal. 40, 68, 2016; for one bandwidth Coifman & Lafon, ibid. 21, 5, 2006). Points far from all
others keep their k neighbours, so that they are no wells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, diags_array, eye_array
from scipy.sparse.linalg import LinearOperator, eigsh, splu
from scipy.spatial import KDTree

from mfvae.errors import InputError
from mfvae.sites.base import SiteFamily

CHARTED = ("spin", "gaussian")  # sites whose Fisher metric is flat in coordinates that are known
NEIGHBOURS = 32  # a group of points that is smaller cannot be a well of its own
STATES = 12
FEWEST_POINTS = 3 * NEIGHBOURS
EQUAL = 1e-5  # distances below this share of the points' spread are rounding of 32-bit decoders
KERNEL_POWER = 2  # of 1 − u²
SOFTENING = 0.1  # energies far below this share of a Gaussian well's are all the same to the gap rule
LEVEL_TOLERANCE = 0.1  # relative distance of energies that count as one level
SHIFT = 1e-6  # below the spectrum, where the matrix is definite, in units of its mean diagonal
DIRECT_DIMENSION = 3.5  # up to which the factors of the matrix stay sparse
DIRECT_POINTS = 20_000  # up to which they fit whatever the dimension


@dataclass(frozen=True, eq=False)
class LatentSpectrum:
    """The lowest energies and eigenfunctions of a latent space.

    Attributes
    ----------
    energies : ndarray
        float64 (S,), ascending, the first 0, per squared unit of Fisher length: ds² = 1 where the
        Kullback–Leibler divergence of neighbouring laws is ½ nat.
    states : ndarray
        float64 (n, S), eigenfunctions at the points, of mean square 1; the entry farthest from 0 is
        positive. Within one level (``levels``) only their span has a meaning.
    potential : ndarray
        float64 (n,), U at the points, in the units of energies.
    free_energies : ndarray
        float64 (S,), of the unperturbed operator −∇².
    first_order : ndarray
        float64 (S,), ``free_energies`` and the expectation of U in the unperturbed states.
    mixing : ndarray
        float64 (S, S), ⟨m|U|n⟩/(E_n − E_m) of unperturbed states m ≠ n, the first-order admixture.
    dimension : float
        Of the sheet that the points lie on.
    well_energy : float
        The first energy above the ground state of one Gaussian well with the points' largest variance.
    """

    energies: np.ndarray
    states: np.ndarray
    potential: np.ndarray
    free_energies: np.ndarray
    first_order: np.ndarray
    mixing: np.ndarray
    dimension: float
    well_energy: float

    @property
    def wells(self) -> int:
        """The number of wells, from the widest gap between energies.

        The gap is that of log(E + ``SOFTENING`` · ``well_energy``). One Gaussian well, however
        elongated, has its widest gap below its first excited energy, at ``well_energy``.
        """
        softened = np.log(self.energies + SOFTENING * self.well_energy)
        return int(np.argmax(np.diff(softened))) + 1

    @property
    def levels(self) -> list[list[int]]:
        """Which states belong to one level: neighbours in energy by less than ``LEVEL_TOLERANCE``."""
        floor = SOFTENING * self.well_energy
        apart = np.diff(np.log(self.energies + floor)) > LEVEL_TOLERANCE
        return [
            part.tolist() for part in np.split(np.arange(len(self.energies)), np.nonzero(apart)[0] + 1)
        ]

    @property
    def tunnelling(self) -> np.ndarray:
        """Energies that split the wells' ground states, (wells − 1,); empty for one well."""
        return self.energies[1 : self.wells]

    @property
    def barriers(self) -> np.ndarray:
        """log(E_k/E_n) in nats of each tunnelling energy E_n, E_k the first above the gap, (wells − 1,).

        By Arrhenius' law it is the height of the barrier behind which the n-th state lies, up to a term
        that does not grow with it. On a barrier of log n nats no point is expected to lie, so that the
        height of a higher one is not known: it is given as log n.
        """
        highest = float(np.log(len(self.states)))
        lowest = self.energies[self.wells] * np.exp(-highest)
        found: np.ndarray = np.log(self.energies[self.wells] / np.maximum(self.tunnelling, lowest))
        return found


def fisher_chart(family: SiteFamily, fields: np.ndarray) -> np.ndarray:
    """Coordinates in which the Fisher metric of independent sites is Euclidean.

    Parameters
    ----------
    family : SiteFamily
        Spins: arcsin tanh η, exactly. Gaussian sites: η, exactly.
    fields : ndarray
        float (n, N·dim).

    Returns
    -------
    ndarray
        float64 (n, N·dim).

    Raises
    ------
    InputError
        For a family whose metric has no such coordinates here.
    """
    fields = np.asarray(fields, dtype=np.float64)
    if family.name not in CHARTED:
        raise InputError("family", family.name, f"one of {', '.join(CHARTED)} is needed")
    return np.arcsin(np.tanh(fields)) if family.name == "spin" else fields


def latent_spectrum(
    points: np.ndarray,
    n_states: int = STATES,
    neighbours: int = NEIGHBOURS,
    dimension: float | None = None,
) -> LatentSpectrum:
    """The spectrum of points in a chart of the Fisher metric.

    Parameters
    ----------
    points : ndarray
        float (n, D), such as ``fisher_chart`` gives of fields at posterior means or prior draws.
    n_states : int
        S, the number of energies.
    neighbours : int
        k, on which widths of the kernel depend.
    dimension : float, optional
        Of the sheet on which the points lie; estimated if not given (``intrinsic_dimension``).

    Returns
    -------
    LatentSpectrum

    Raises
    ------
    InputError
        For points that are not finite or too few, and for k or S that do not fit them.

    Examples
    --------
    >>> import numpy as np
    >>> wells = np.random.default_rng(1).normal([[-4.0], [4.0]], 1, (2, 500)).reshape(-1, 1)
    >>> latent_spectrum(wells, n_states=4).wells
    2
    """
    points = np.asarray(points, dtype=np.float64)
    _check(points, n_states, neighbours)
    nearest = KDTree(points).query(points, neighbours + 1)
    distance, index = (np.asarray(part)[:, 1:] for part in nearest)  # the first is the point itself
    if distance[:, -1].min() <= EQUAL * float(points.std(0).max()):
        allowed = f"no more than {neighbours} equal points are allowed, as they have no density"
        raise InputError("points", "equal", allowed)
    d = intrinsic_dimension(distance) if dimension is None else dimension
    weights = kernel(distance, index, d)
    full = (diags_array(weights.sum(1)) - weights).tocsr()
    root = distance[:, -1] ** (-d / 2)  # √q up to a factor
    potential = weights.sum(1) - root * (weights @ (1 / root))
    free = (full - diags_array(potential)).tocsr()
    energies, states = lowest_states(full, n_states, d)
    free_energies, free_states = lowest_states(free, n_states, d)
    matrix = free_states.T @ (potential[:, None] * free_states) / len(points)
    return LatentSpectrum(
        energies,
        states,
        potential,
        free_energies,
        free_energies + np.diag(matrix),
        first_order_mixing(free_energies, matrix),
        d,
        1 / float(np.linalg.eigvalsh(np.cov(points.T, bias=True).reshape(2 * (points.shape[1],)))[-1]),
    )


def _check(points: np.ndarray, n_states: int, neighbours: int) -> None:
    if points.ndim != 2:
        raise InputError("points", points.shape, "a shape (points, coordinates) is needed")
    if not np.isfinite(points).all():
        raise InputError("points", "NaN or infinite", "only finite numbers are allowed")
    if len(points) < FEWEST_POINTS:
        raise InputError("points", len(points), f"at least {FEWEST_POINTS} points are needed")
    if not 2 <= neighbours <= len(points) // 3:
        raise InputError("neighbours", neighbours, f"an integer from 2 to {len(points) // 3} is needed")
    if not 2 <= n_states <= len(points) // 3:
        raise InputError("n_states", n_states, f"an integer from 2 to {len(points) // 3} is needed")


def intrinsic_dimension(distance: np.ndarray) -> float:
    """Maximum-likelihood dimension from ascending distances (n, k) to the nearest neighbours.

    Levina & Bickel, NIPS 17 (2004), with inverse dimensions averaged over points, as MacKay and
    Ghahramani proposed (note of 2005).
    """
    positive = np.maximum(distance, np.finfo(float).tiny)
    logs = np.log(positive[:, -1:] / positive[:, :-1])
    return float((distance.shape[1] - 2) / logs.sum(1).mean())


def kernel(distance: np.ndarray, index: np.ndarray, dimension: float) -> csr_array:
    """The weights w_ij in units of energy, symmetric (n, n), from distances and indices (n, k).

    The variance of (1 − u²)^p in the unit ball along one axis is 1/(d + 2p + 2).
    """
    n, k = distance.shape
    width = distance[:, -1:]
    h = np.maximum(1 - (distance / width) ** 2, 0) ** KERNEL_POWER
    h *= (dimension + 2 * KERNEL_POWER + 2) / (h.sum(1, keepdims=True) * width**2)
    rows = np.repeat(np.arange(n), k)
    one_sided = coo_array((h.ravel(), (rows, index.ravel())), shape=(n, n)).tocsr()
    return (one_sided + one_sided.T).tocsr()


def lowest_states(matrix: csr_array, n_states: int, dimension: float) -> tuple[np.ndarray, np.ndarray]:
    """The lowest energies (S,), ascending, and states (n, S) of mean square 1, with a stated sign."""
    n = matrix.shape[0]
    start = np.random.default_rng(0).standard_normal(n)  # the same for the same matrix
    if n <= DIRECT_POINTS or dimension <= DIRECT_DIMENSION:
        shift = -SHIFT * float(matrix.diagonal().mean())
        inverse = inverse_of((matrix - shift * eye_array(n)).tocsc())
        energies, states = eigsh(matrix, n_states, sigma=shift, which="LM", v0=start, OPinv=inverse)
    else:
        top = float(abs(matrix).sum(1).max())
        energies, states = eigsh(top * eye_array(n) - matrix, n_states, which="LA", v0=start)
        energies = top - energies
    order = np.argsort(energies)
    states = states[:, order] * np.sqrt(n)
    farthest = states[np.abs(states).argmax(0), np.arange(n_states)]
    return np.maximum(energies[order], 0.0), states * np.sign(farthest)


def inverse_of(matrix: csc_array) -> LinearOperator:
    """Of a positive definite matrix, by factors with its diagonal as pivots, which keeps them sparse."""
    factors = splu(
        matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    )
    return LinearOperator(matrix.shape, matvec=factors.solve, dtype=np.float64)


def first_order_mixing(energies: np.ndarray, perturbation: np.ndarray) -> np.ndarray:
    """⟨m|U|n⟩/(E_n − E_m) for m ≠ n, and 0 on the diagonal, (S, S) of (S,) and (S, S)."""
    difference = energies - energies[:, None]
    distinct = difference != 0  # within a degenerate level no order of states is preferred
    return np.divide(perturbation, difference, out=np.zeros_like(perturbation), where=distinct)
