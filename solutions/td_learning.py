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
    # hint: Every action has an equal part of epsilon, the best one too.
    # hint: q == q.max() marks the best; there may be several of them.
    # hint: They divide the remaining 1 - epsilon by their number.
    best = q == q.max()  # (k,) True or False
    return epsilon / len(q) + (1 - epsilon) * best / best.sum()


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
    # hint: What is the last return? And the one before it, given that one?
    # hint: Walk backwards: each return is its reward plus gamma times the
    # return after it, and after the last stands `last`.
    returns = np.empty_like(rewards)
    for t in reversed(range(len(rewards))):
        last = rewards[t] + gamma * last
        returns[t] = last
    return returns


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
    # hint: For each of the epsilons, play(env, policy_of(Q, epsilon), rng)
    # gives T + 1 states, T actions, T rewards, and whether it terminated.
    # hint: After a cut-off the rest is an estimate: the values of the last
    # state weighted by epsilon_greedy. After the end it is 0.
    # hint: Keep a dict from each pair (state, action) to the return from
    # its first visit; dict.setdefault leaves what is there.
    # hint: For each of these, counts[pair] += 1, and Q[pair] moves by
    # 1 / counts[pair] of the way to the return.
    for i, epsilon in enumerate(epsilons):
        policy = policy_of(Q, epsilon)
        states, actions, rewards, terminated = play(env, policy, rng)
        q = Q[states[-1]]
        last = 0.0 if terminated else epsilon_greedy(q, epsilon) @ q
        returns = discounted_return(rewards, gamma, last)
        first = {}  # the return from the first visit of each pair
        for *pair, value in zip(states[:-1], actions, returns, strict=True):
            first.setdefault(tuple(pair), value)
        for pair, value in first.items():
            counts[pair] += 1
            Q[pair] += (value - Q[pair]) / counts[pair]
        totals[i] = sum(rewards)
    return Q, totals


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
    # hint: The target is the reward plus gamma times one entry of Q.
    # hint: That entry is Q[next_state, next_action]; it counts for nothing
    # where the task has terminated.
    # hint: Add learning_rate times (target - Q[state, action]) to that
    # entry of Q itself.
    target = reward
    if not terminated:
        target = reward + gamma * Q[next_state, next_action]
    Q[state, action] += learning_rate * (target - Q[state, action])


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
    # hint: In what does the target differ from that of sarsa?
    # hint: It takes the largest entry of the row Q[next_state], whatever
    # will be done there.
    target = reward
    if not terminated:
        target = reward + gamma * Q[next_state].max()
    Q[state, action] += learning_rate * (target - Q[state, action])


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
    # hint: sarsa uses the action that was drawn. What would it use on
    # average, over all the actions that might have been drawn?
    # hint: epsilon_greedy(Q[next_state], epsilon) holds their chances;
    # multiply by the row and add up, which is what @ does.
    target = reward
    if not terminated:
        q = Q[next_state]
        target = reward + gamma * (epsilon_greedy(q, epsilon) @ q)
    Q[state, action] += learning_rate * (target - Q[state, action])


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
    # hint: For each of the epsilons: env.reset() gives the first state (and
    # a dict); choose(Q[state], epsilon, rng) the first action.
    # hint: Until it is over, env.step(action) gives the state after it, the
    # reward, terminated, truncated and a dict. Choose the action there.
    # hint: Hand Step(...) to the rule; then what came after is the present.
    # hint: Over means terminated or truncated; a Step wants to know the
    # first alone.
    for i, epsilon in enumerate(epsilons):
        state, _ = env.reset()
        action, over = choose(Q[state], epsilon, rng), False
        while not over:
            after, reward, terminated, truncated, _ = env.step(action)
            then = choose(Q[after], epsilon, rng)
            step = Step(state, action, reward, after, then, terminated)
            rule(Q, step, learning_rate, gamma, epsilon)
            state, action = after, then
            totals[i] += reward
            over = terminated or truncated
    return Q, totals


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
    # hint: Step t looks ahead as far as the state at end = min(t + n, T).
    # hint: Its return is the first discounted_return of rewards[t:end],
    # with values[end] still to come.
    # hint: Faster: begin with values[end] for all t at once; then for j
    # from min(n, T) - 1 down to 0, the first T - j entries become
    # rewards[j:] + gamma times themselves.
    T = len(rewards)
    returns = values[np.minimum(np.arange(T) + n, T)]  # (T,)
    for j in reversed(range(min(n, T))):  # the reward j steps on
        returns[: T - j] = rewards[j:] + gamma * returns[: T - j]
    return returns


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
    # hint: trace = np.zeros_like(V); the first step goes from states[0] to
    # states[1] with rewards[0].
    # hint: Every step: fade the trace, add 1 to that of the state; the TD
    # error is reward + gamma * V[next] - V[state].
    # hint: V[next] is left out at the last step of an episode that
    # terminated, and only there.
    # hint: V += learning_rate * error * trace moves them all at once.
    trace = np.zeros_like(V)  # (m,)
    for t, reward in enumerate(rewards):
        state, after = states[t], states[t + 1]
        trace *= gamma * trace_decay
        trace[state] += 1
        ended = terminated and t == len(rewards) - 1
        to_come = 0.0 if ended else gamma * V[after]
        V += learning_rate * (reward + to_come - V[state]) * trace
    return V


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
