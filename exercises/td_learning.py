"""TD learning: correct each guess by the next one, without a map.

Throughout: m states, k actions, an episode of T steps.
    Q (m, k) action values    V (m,) values of states   q (k,) a row of Q
    rewards (T,)              returns (T,) what was to come, step by step
    gamma () discount         epsilon () chance of an action from all
    learning_rate () step     trace_decay () lambda, how fast credit fades
    n () steps after which a return trusts an estimate, not samples
An environment has gymnasium's reset and step, states 0 to m - 1 and
actions 0 to k - 1; a policy is a function of a state and an rng.

Sources: Sutton and Barto, Reinforcement Learning: An Introduction
(2nd ed., 2018), chapters 5, 6, 7 and 12.
"""

from typing import NamedTuple

import numpy as np

from solutions.inputs import as_floats, as_matrix, as_vector, in_range


class Step(NamedTuple):
    """What one step showed, and what will be done next.

    `terminated` says that the task is over and nothing is to come. Where
    an episode was only cut off (truncated), it is False.
    """

    state: int
    action: int
    reward: float
    next_state: int
    next_action: int
    terminated: bool


def epsilon_greedy(q, epsilon):
    """Return the probability of each action: mostly the best one.

    With probability epsilon the action is drawn from all of them, the
    best included; else it is the best. Equally good ones share alike.

    Parameters
    ----------
    q : array, shape (k,)
        The estimated value of each action.
    epsilon : float
        In [0, 1].

    Returns
    -------
    p : array, shape (k,)
        Sums to one.

    References
    ----------
    Sutton and Barto (2018), section 5.4.
    """
    q = as_vector(q, "q")
    in_range("epsilon", epsilon, low=0, high=1)
    # your turn (warm-up)
    raise NotImplementedError("epsilon_greedy")


def choose(q, epsilon, rng):
    """Draw an action with the probabilities that `epsilon_greedy` gives."""
    if rng.random() < epsilon:
        return int(rng.random() * len(q))
    values = q.tolist()  # a handful: a list is faster than an array
    top = max(values)
    if values.count(top) == 1:
        return values.index(top)
    best = [a for a, value in enumerate(values) if value == top]
    return best[int(rng.random() * len(best))]


def policy_of(Q, epsilon=0.0):
    """Return the policy that acts on Q as it stands when it is asked."""
    return lambda state, rng: choose(Q[state], epsilon, rng)


def play(env, policy, rng):
    """Play an episode; return states, actions, rewards and terminated."""
    state, _ = env.reset()
    states, actions, rewards, over = [state], [], [], False
    while not over:
        action = policy(state, rng)
        state, reward, terminated, truncated, _ = env.step(action)
        states.append(state)
        actions.append(action)
        rewards.append(reward)
        over = terminated or truncated
    return states, actions, rewards, terminated


def evaluate(env, policy, episodes, rng):
    """Return the sum of rewards of each of many episodes, (episodes,)."""
    env.reset(seed=int(rng.integers(2**31)))
    totals = [sum(play(env, policy, rng)[2]) for _ in range(episodes)]
    return np.array(totals, float)


def discounted_return(rewards, gamma, last=0.0):
    """Return, for each step, its reward and all later ones, discounted.

    Parameters
    ----------
    rewards : array, shape (T,)
    gamma : float
        In [0, 1].
    last : float
        What is still to come after the last reward: 0 where the episode
        terminated, an estimate where it was cut off.

    Returns
    -------
    returns : array, shape (T,)

    References
    ----------
    Sutton and Barto (2018), eq. 3.9.
    """
    rewards = as_vector(rewards, "rewards", least=0)
    in_range("gamma", gamma, low=0, high=1)
    # your turn (warm-up)
    raise NotImplementedError("discounted_return")


def mc_control(env, episodes, rng, gamma=1.0, epsilon=0.1, Q=None):
    """Learn action values as means of whole returns: Monte Carlo.

    Each episode is played epsilon-greedily on Q as it stands. Then each
    pair of state and action counts the return from its first visit in
    that episode; Q holds the mean of all that were counted. The first one
    replaces what Q began with.

    Parameters
    ----------
    env : environment
    episodes : int
    rng : Generator
    gamma : float
    epsilon : float or array, shape (episodes,)
        One for all, or one for each episode.
    Q : array, shape (m, k)
        Where to begin; zeros unless given. It is not changed.

    Returns
    -------
    Q : array, shape (m, k)
    totals : array, shape (episodes,)
        The sum of rewards of each episode.

    References
    ----------
    Sutton and Barto (2018), section 5.4, the first-visit algorithm.
    """
    Q, epsilons = begin(env, Q, episodes, rng, epsilon, gamma)
    counts, totals = np.zeros(Q.shape), np.zeros(episodes)
    # your turn (core)
    raise NotImplementedError("mc_control")


def sarsa(Q, step, learning_rate, gamma, epsilon):
    """Move Q, in place, towards what the next action is thought worth.

    Parameters
    ----------
    Q : array, shape (m, k)
    step : Step
    learning_rate, gamma, epsilon : float
        All rules take the same; this one has no use for epsilon.

    Returns
    -------
    nothing : None

    References
    ----------
    Sutton and Barto (2018), eq. 6.7.
    """
    state, action, reward, next_state, next_action, terminated = step
    # your turn (core)
    raise NotImplementedError("sarsa")


def q_learning(Q, step, learning_rate, gamma, epsilon):
    """Move Q, in place, towards what the best next action is thought worth.

    Parameters
    ----------
    Q : array, shape (m, k)
    step : Step
    learning_rate, gamma, epsilon : float
        All rules take the same; this one has no use for epsilon.

    Returns
    -------
    nothing : None

    References
    ----------
    Sutton and Barto (2018), eq. 6.8.
    """
    state, action, reward, next_state, _, terminated = step
    # your turn (core)
    raise NotImplementedError("q_learning")


def expected_sarsa(Q, step, learning_rate, gamma, epsilon):
    """Move Q, in place, towards what the next action is worth on average.

    Parameters
    ----------
    Q : array, shape (m, k)
    step : Step
    learning_rate, gamma, epsilon : float
        Epsilon is that of the policy which will choose the next action.

    Returns
    -------
    nothing : None

    References
    ----------
    Sutton and Barto (2018), eq. 6.9.
    """
    state, action, reward, next_state, _, terminated = step
    # your turn (core)
    raise NotImplementedError("expected_sarsa")


def td_control(
    env,
    rule,
    episodes,
    rng,
    learning_rate=0.5,
    gamma=1.0,
    epsilon=0.1,
    Q=None,
):
    """Act epsilon-greedily on Q and learn from every step by a rule.

    The next action is chosen before the rule changes Q, announced to it
    in the Step, and then carried out, unless the episode is over.

    Parameters
    ----------
    env : environment
    rule : function
        `rule(Q, step, learning_rate, gamma, epsilon)` changes Q: sarsa,
        q_learning or expected_sarsa.
    episodes : int
    rng : Generator
    learning_rate, gamma : float
    epsilon : float or array, shape (episodes,)
        One for all, or one for each episode.
    Q : array, shape (m, k)
        Where to begin; zeros unless given. It is not changed.

    Returns
    -------
    Q : array, shape (m, k)
    totals : array, shape (episodes,)
        The sum of rewards of each episode, not discounted.

    References
    ----------
    Sutton and Barto (2018), section 6.4, the algorithm Sarsa.
    """
    in_range("learning_rate", learning_rate, above=0)
    Q, epsilons = begin(env, Q, episodes, rng, epsilon, gamma)
    totals = np.zeros(episodes)
    # your turn (core)
    raise NotImplementedError("td_control")


def n_step_return(rewards, values, n, gamma):
    """Return, for each step, n rewards and then the value of the state.

    Where fewer than n rewards are left, all of them count, and then the
    last of the values.

    Parameters
    ----------
    rewards : array, shape (T,)
    values : array, shape (T + 1,)
        Estimates for the states of the episode, first to last; the last
        is 0 where the episode terminated.
    n : int
        At least 1; beyond T it is Monte Carlo.
    gamma : float

    Returns
    -------
    returns : array, shape (T,)

    References
    ----------
    Sutton and Barto (2018), eq. 7.1.
    """
    rewards = as_vector(rewards, "rewards", least=0)
    values = as_vector(values, "values", exactly=len(rewards) + 1)
    in_range("n", n, low=1)
    in_range("gamma", gamma, low=0, high=1)
    # your turn (core)
    raise NotImplementedError("n_step_return")


def td_lambda(
    V, rewards, states, terminated, learning_rate, gamma, trace_decay
):
    """Return the values after one episode, learned from at every step.

    Each step's TD error moves every state in proportion to its trace. The
    trace of a state grows by 1 at every visit, before that step's error
    is shared out, and fades by gamma * trace_decay at every step.

    Parameters
    ----------
    V : array, shape (m,)
        It is not changed.
    rewards : array, shape (T,)
    states : array, shape (T + 1,)
    terminated : bool
        Whether the last state ended the task, or the episode was cut off.
    learning_rate, gamma, trace_decay : float

    Returns
    -------
    V : array, shape (m,)

    References
    ----------
    Sutton and Barto (2018), eq. 12.5 to 12.7, with one weight a state.
    """
    V = as_vector(V, "V").copy()
    rewards = as_vector(rewards, "rewards", least=0)
    in_range("gamma", gamma, low=0, high=1)
    in_range("learning_rate", learning_rate, above=0)
    in_range("trace_decay", trace_decay, low=0, high=1)
    states = as_states(states, len(V), len(rewards) + 1)
    # your turn (stretch)
    raise NotImplementedError("td_lambda")


def begin(env, Q, episodes, rng, epsilon, gamma):
    """Return a table to fill, and an epsilon for each episode."""
    in_range("episodes", episodes, low=1)
    in_range("gamma", gamma, low=0, high=1)
    try:
        shape = int(env.observation_space.n), int(env.action_space.n)
    except AttributeError:
        message = "env must have observation_space.n and action_space.n"
        raise TypeError(f"{message}: states one can count") from None
    Q = np.zeros(shape) if Q is None else as_matrix(Q, "Q").copy()
    if Q.shape != shape:
        raise ValueError(f"Q must have shape {shape}, not {Q.shape}")
    epsilons = as_floats(epsilon, "epsilon")
    if epsilons.shape not in ((), (episodes,)):
        raise ValueError(
            f"epsilon must be one number or have shape ({episodes},), "
            f"but it has {epsilons.shape}"
        )
    in_range("epsilon", epsilons.min(), low=0)
    in_range("epsilon", epsilons.max(), high=1)
    env.reset(seed=int(rng.integers(2**31)))  # all chance hangs on rng
    return Q, np.broadcast_to(epsilons, episodes).tolist()


def as_states(states, m, count):
    """Return states as a list of whole numbers from 0 to m - 1."""
    states = np.asarray(states)
    if states.dtype.kind not in "iu":
        raise TypeError(f"states must be whole numbers, not {states.dtype}")
    if states.shape != (count,):
        raise ValueError(
            f"states must have shape ({count},), one more than rewards, "
            f"but it has {states.shape}"
        )
    in_range("a state", states.min(), low=0)
    in_range("a state", states.max(), high=m - 1)
    return states.tolist()
