"""Oracle for TD learning: exact values, by dynamic programming on gymnasium's own tables."""

import numpy as np
import pytest

from solutions.td_learning import (
    Step,
    choose,
    discounted_return,
    epsilon_greedy,
    evaluate,
    expected_sarsa,
    mc_control,
    n_step_return,
    play,
    policy_of,
    q_learning,
    sarsa,
    td_control,
    td_lambda,
)

START = 36  # of the cliff: four rows of twelve cells, the cliff in the last
ON_LAND = [*range(37)]


@pytest.fixture(scope="module")
def gym():
    return pytest.importorskip("gymnasium")


def model(env):
    """Return the chances of each next state (m, k, m) and the mean rewards (m, k)."""
    table = env.unwrapped.P
    m, k = len(table), len(table[0])
    chance, reward = np.zeros((m, k, m)), np.zeros((m, k))
    for state in range(m):
        for action in range(k):
            for p, after, r, terminated in table[state][action]:
                reward[state, action] += p * r
                chance[state, action, after] += p * (not terminated)
    return chance, reward


def exact_values(env, gamma=1.0, epsilon=0.0):
    """Return the best action values of one who stumbles with chance epsilon."""
    chance, reward = model(env)
    Q = np.zeros(reward.shape)
    for _ in range(100_000):
        V = (1 - epsilon) * Q.max(axis=1) + epsilon * Q.mean(axis=1)
        before, Q = Q, reward + gamma * chance @ V
        if np.abs(Q - before).max() < 1e-12:
            return Q
    raise RuntimeError("value iteration did not settle")


def values_of_chance(env, gamma):
    """Return the action values of one who draws every action from all, by a linear solve."""
    chance, reward = model(env)
    mean = chance.mean(axis=1)
    V = np.linalg.solve(np.eye(len(mean)) - gamma * mean, reward.mean(axis=1))
    return reward + gamma * chance @ V


def steps_to_goal(Q, env):
    """Return how many steps the greedy policy needs from the start, or None."""
    table, state = env.unwrapped.P, START
    for step in range(1, 100):
        _, state, _, terminated = table[state][int(Q[state].argmax())][0]
        if terminated:
            return step
    return None


# Control


def test_q_learning_finds_the_exact_values_of_the_cliff(gym):
    env = gym.make("CliffWalking-v1")
    Q, _ = td_control(env, q_learning, 3000, np.random.default_rng(0), 1.0, epsilon=0.5)
    np.testing.assert_allclose(Q[ON_LAND], exact_values(env)[ON_LAND], atol=1e-9)
    assert steps_to_goal(Q, env) == 13


def test_expected_sarsa_finds_the_exact_values_of_one_who_stumbles(gym):
    env = gym.make("CliffWalking-v1")
    exact = exact_values(env, epsilon=0.5)
    Q, _ = td_control(env, expected_sarsa, 3000, np.random.default_rng(1), 1.0, epsilon=0.5)
    np.testing.assert_allclose(Q[ON_LAND], exact[ON_LAND], rtol=1e-6)


def test_sarsa_agrees_with_them_in_the_mean(gym):
    env = gym.make("CliffWalking-v1")
    exact = exact_values(env, epsilon=0.1)
    Q = np.zeros((48, 4))
    for seed in range(5):  # from the exact values, it stays around them
        Q += td_control(env, sarsa, 2000, np.random.default_rng(seed), 0.01, Q=exact)[0] / 5
    np.testing.assert_allclose(Q[START], exact[START], rtol=0.1)


def test_the_short_path_the_safe_path_and_the_one_between(gym):
    env = gym.make("CliffWalking-v1")
    lengths = {
        rule.__name__: steps_to_goal(
            td_control(env, rule, 2000, np.random.default_rng(3), learning_rate)[0], env
        )
        for rule, learning_rate in [(q_learning, 0.5), (sarsa, 0.25), (expected_sarsa, 0.5)]
    }
    assert lengths == {"q_learning": 13, "sarsa": 17, "expected_sarsa": 15}
    assert steps_to_goal(exact_values(env, epsilon=0.1), env) == 15


@pytest.mark.parametrize("seed", range(3))
def test_the_taxi_is_driven_as_well_as_can_be(gym, seed):
    env, rng = gym.make("Taxi-v4"), np.random.default_rng(seed)
    begins = np.flatnonzero(env.unwrapped.initial_state_distrib)
    best = exact_values(env)[begins].max(axis=1)
    assert best.mean() == pytest.approx(7.93, abs=1e-9)
    Q, _ = td_control(env, q_learning, 10_000, rng)
    totals = evaluate(env, policy_of(Q), 1000, rng)
    assert totals.mean() >= best.mean() - 4 * totals.std() / np.sqrt(1000) - 0.1
    assert np.mean(Q[begins].max(axis=1) >= best - 1e-3) >= 0.95


def test_a_taxi_whose_trips_are_cut_short_learns_them_all_the_same(gym):
    short, rng = gym.make("Taxi-v4", max_episode_steps=10), np.random.default_rng(0)
    Q, totals = td_control(short, expected_sarsa, 10_000, rng)
    assert evaluate(gym.make("Taxi-v4"), policy_of(Q), 300, rng).mean() > 7
    begins = np.flatnonzero(short.unwrapped.initial_state_distrib)
    assert exact_values(short)[begins].max(axis=1).mean() > totals[-1000:].mean() + 5


def test_monte_carlo_agrees_with_a_linear_solve(gym):
    env = gym.make("FrozenLake-v1", max_episode_steps=None)
    exact = values_of_chance(env, 0.95)
    Q, _ = mc_control(env, 20_000, np.random.default_rng(0), gamma=0.95, epsilon=1.0)
    np.testing.assert_allclose(Q, exact, atol=0.03)
    Q, _ = td_control(env, sarsa, 20_000, np.random.default_rng(0), 0.02, 0.95, epsilon=1.0)
    np.testing.assert_allclose(Q, exact, atol=0.06)


def test_monte_carlo_crosses_the_lake(gym):
    env, rng = gym.make("FrozenLake-v1", is_slippery=False), np.random.default_rng(0)
    Q, _ = mc_control(env, 2000, rng, gamma=0.9, epsilon=np.linspace(1, 0.05, 2000))
    assert evaluate(env, policy_of(Q), 10, rng).mean() == 1
    assert len(play(env, policy_of(Q), rng)[2]) == 6


def test_the_same_seed_learns_the_same(gym):
    env = gym.make("FrozenLake-v1")
    for learn in (
        lambda rng: td_control(env, sarsa, 50, rng),
        lambda rng: mc_control(env, 50, rng),
    ):
        one, two = (learn(np.random.default_rng(7)) for _ in range(2))
        np.testing.assert_array_equal(one[0], two[0])
        np.testing.assert_array_equal(one[1], two[1])


# Prediction


def test_returns_agree_with_scipy():
    signal = pytest.importorskip("scipy.signal")
    rewards = np.random.default_rng(0).normal(size=500)
    theirs = signal.lfilter([1.0], [1.0, -0.97], rewards[::-1])[::-1]
    np.testing.assert_allclose(discounted_return(rewards, 0.97), theirs, rtol=1e-12)


def test_between_one_step_and_all():
    rng, gamma = np.random.default_rng(1), 0.9
    rewards, values = rng.normal(size=12), rng.normal(size=13)
    errors = rewards + gamma * values[1:] - values[:-1]
    np.testing.assert_allclose(n_step_return(rewards, values, 1, gamma) - values[:-1], errors)
    everything = discounted_return(rewards, gamma, values[-1])
    np.testing.assert_allclose(n_step_return(rewards, values, 99, gamma), everything)
    for n in range(1, 14):  # a return less its estimate is a sum of TD errors
        summed = [
            sum(gamma ** (j - t) * errors[j] for j in range(t, min(t + n, 12))) for t in range(12)
        ]
        returns = n_step_return(rewards, values, n, gamma)
        np.testing.assert_allclose(returns - values[:-1], summed, atol=1e-12)


def test_traces_are_a_mixture_of_n_step_returns():
    """For a small step, the change is that of lambda-returns (Sutton and Barto, eq. 12.4)."""
    rng, gamma, decay, T = np.random.default_rng(2), 0.9, 0.7, 15
    V, rewards, states = rng.normal(size=6), rng.normal(size=T), rng.integers(5, size=T + 1)
    states[-1] = 5
    values = np.append(V[states[:-1]], 0.0)
    mixed = np.zeros(T)
    for t in range(T):
        weights = (1 - decay) * decay ** np.arange(T - t)
        weights[-1] = decay ** (T - t - 1)
        looks = [n_step_return(rewards, values, n, gamma)[t] for n in range(1, T - t + 1)]
        mixed[t] = weights @ looks
    wanted = np.zeros(6)
    np.add.at(wanted, states[:-1], mixed - values[:-1])
    rate = 1e-7
    change = (td_lambda(V, rewards, states, True, rate, gamma, decay) - V) / rate
    np.testing.assert_allclose(change, wanted, atol=1e-5)


def test_the_random_walk_is_learned():
    """Sutton and Barto's example 6.2: from five states, the right end pays 1."""
    rng, V = np.random.default_rng(0), np.full(7, 0.5)
    for episode in range(3000):
        states = [3]
        while 0 < states[-1] < 6:
            states.append(states[-1] + rng.choice([-1, 1]))
        rewards = np.append(np.zeros(len(states) - 2), float(states[-1] == 6))
        V = td_lambda(V, rewards, states, True, 1 / (20 + episode / 10), 1.0, 0.5)
    np.testing.assert_allclose(V[1:6], np.arange(1, 6) / 6, atol=0.04)


def test_actions_are_drawn_with_the_chances_that_are_said():
    rng, q = np.random.default_rng(0), np.array([1.0, 3.0, 3.0, 2.0])
    drawn = np.bincount([choose(q, 0.3, rng) for _ in range(40_000)], minlength=4) / 40_000
    np.testing.assert_allclose(drawn, epsilon_greedy(q, 0.3), atol=0.015)


@pytest.mark.parametrize("rule", [sarsa, q_learning, expected_sarsa])
def test_float32_is_kept(rule):
    Q = np.ones((3, 2), np.float32)
    rule(Q, Step(0, 1, 2.0, 1, 0, False), 0.5, 0.9, 0.1)
    assert Q.dtype == np.float32 and Q[0, 1] == np.float32(1.95)
    rewards = np.ones(4, np.float32)
    assert discounted_return(rewards, 0.9).dtype == np.float32
    assert n_step_return(rewards, np.ones(5, np.float32), 2, 0.9).dtype == np.float32
    V = td_lambda(np.ones(2, np.float32), rewards, [0, 1, 0, 1, 0], False, 0.1, 0.9, 0.5)
    assert V.dtype == np.float32


def test_whole_numbers_are_never_truncated():
    np.testing.assert_allclose(discounted_return([1, 1], 0.5), [1.5, 1.0])
    np.testing.assert_allclose(n_step_return([0, 0], [3, 3, 3], 1, 0.5), [1.5, 1.5])
    np.testing.assert_allclose(td_lambda([0, 1], [1], [0, 1], False, 0.5, 0.5, 0), [0.75, 1])


# Bad input: each a sentence that says what was wrong.


class Chain:
    """Two states, two actions, one step."""

    def __init__(self):
        self.observation_space = self.action_space = type("Two", (), {"n": 2})()

    def reset(self, seed=None):
        return 0, {}

    def step(self, action):
        return 1, 1.0, True, False, {}


@pytest.mark.parametrize(
    "learn", [mc_control, lambda e, n, r, **k: td_control(e, sarsa, n, r, **k)]
)
@pytest.mark.parametrize(
    "setting, sentence",
    [
        ({"episodes": 0}, "episodes must be at least 1"),
        ({"gamma": 1.5}, "gamma must be at most 1"),
        ({"gamma": -0.1}, "gamma must be at least 0"),
        ({"epsilon": -0.1}, "epsilon must be at least 0"),
        ({"epsilon": 1.1}, "epsilon must be at most 1"),
        ({"epsilon": [0.1, 0.1]}, r"epsilon must be one number or have shape \(3,\).*\(2,\)"),
        ({"Q": np.zeros((3, 2))}, r"Q must have shape \(2, 2\), not \(3, 2\)"),
        ({"Q": np.full((2, 2), np.nan)}, "Q must be finite"),
    ],
)
def test_a_setting_out_of_range_is_refused(learn, setting, sentence):
    setting = {"episodes": 3} | setting
    with pytest.raises(ValueError, match=sentence):
        learn(Chain(), setting.pop("episodes"), np.random.default_rng(0), **setting)


def test_a_step_of_no_size_is_refused():
    with pytest.raises(ValueError, match="learning_rate must be greater than 0"):
        td_control(Chain(), sarsa, 3, np.random.default_rng(0), learning_rate=0)
    with pytest.raises(ValueError, match="learning_rate must be greater than 0"):
        td_lambda([0.0, 0.0], [1.0], [0, 1], True, 0, 1, 0)


def test_an_environment_without_countable_states_is_refused(gym):
    with pytest.raises(TypeError, match="states one can count"):
        td_control(gym.make("CartPole-v1"), sarsa, 3, np.random.default_rng(0))


@pytest.mark.parametrize(
    "call, error, sentence",
    [
        (lambda: epsilon_greedy([], 0.1), ValueError, r"q must have shape \(1 or more,\).*\(0,\)"),
        (lambda: epsilon_greedy([[1.0]], 0.1), ValueError, r"q must have shape.*\(1, 1\)"),
        (lambda: epsilon_greedy([np.nan, 1], 0.1), ValueError, "q must be finite"),
        (lambda: epsilon_greedy(["a"], 0.1), TypeError, "q must hold numbers"),
        (lambda: epsilon_greedy([1.0], 2), ValueError, "epsilon must be at most 1"),
        (lambda: discounted_return([[1.0]], 0.5), ValueError, "rewards must have shape"),
        (lambda: discounted_return([np.inf], 0.5), ValueError, "rewards must be finite"),
        (lambda: discounted_return([1.0], 2), ValueError, "gamma must be at most 1"),
        (lambda: n_step_return([1.0], [1.0], 1, 1), ValueError, r"values.*\(2,\).*\(1,\)"),
        (lambda: n_step_return([1.0], [1.0, 2.0], 0, 1), ValueError, "n must be at least 1"),
        (
            lambda: td_lambda([0.0], [1.0], [0], True, 1, 1, 0),
            ValueError,
            r"states.*\(2,\).*\(1,\)",
        ),
        (lambda: td_lambda([0.0], [1.0], [0, 1], True, 1, 1, 0), ValueError, "a state must be at"),
        (lambda: td_lambda([0.0], [1.0], [0, -1], True, 1, 1, 0), ValueError, "a state must be at"),
        (lambda: td_lambda([0.0], [1.0], [0, 0.5], True, 1, 1, 0), TypeError, "whole numbers"),
        (lambda: td_lambda([0.0], [1.0], [0, 0], True, 1, 1, 2), ValueError, "trace_decay must be"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()
