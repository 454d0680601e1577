"""TD learning solved another way: lists, counting and recursion instead of arrays.

Each definition takes the place of the exercise's own of that name; the
checks must accept it.
"""

import itertools
import math

import numpy as np

from solutions.td_learning import Step, begin


def epsilon_greedy(q, epsilon):
    """Go through the actions one by one, the best ones counted first."""
    values = [float(value) for value in q]
    winners = [a for a, value in enumerate(values) if value >= max(values)]
    p = [epsilon / len(values)] * len(values)
    for a in winners:
        p[a] += (1.0 - epsilon) / len(winners)
    return np.array(p)


def discounted_return(rewards, gamma, last=0.0):
    """Write each return out as a sum of powers of gamma."""
    T = len(rewards)
    return np.array(
        [
            sum(gamma ** (j - t) * rewards[j] for j in range(t, T)) + gamma ** (T - t) * last
            for t in range(T)
        ],
        dtype=float,
    )


def mc_control(env, episodes, rng, gamma=1.0, epsilon=0.1, Q=None):
    """Keep every return that was counted in a list, and take means; play by hand."""
    Q, epsilons = begin(env, Q, episodes, rng, epsilon, gamma)
    kept, totals = {}, []
    for chance in epsilons:
        (state, _), story, over = env.reset(), [], False
        while not over:
            action = int(rng.choice(Q.shape[1], p=epsilon_greedy(Q[state], chance)))
            after, reward, terminated, truncated, _ = env.step(action)
            story.append((state, action, reward))
            state, over = after, terminated or truncated
        value = 0.0
        if not terminated:
            p = epsilon_greedy(Q[state], chance)
            value = sum(p[a] * Q[state, a] for a in range(len(p)))
        for t in range(len(story) - 1, -1, -1):
            value = story[t][2] + gamma * value
            pair = story[t][:2]
            if all(pair != earlier[:2] for earlier in story[:t]):
                kept.setdefault(pair, []).append(value)
                Q[pair] = math.fsum(kept[pair]) / len(kept[pair])
        totals.append(math.fsum(reward for _, _, reward in story))
    return Q, np.array(totals)


def blend(Q, step, learning_rate, to_come):
    """Mix the old value with the target, in the table itself."""
    here = (step.state, step.action)
    target = step.reward + (0.0 if step.terminated else to_come)
    Q[here] = (1 - learning_rate) * Q[here] + learning_rate * target


def sarsa(Q, step, learning_rate, gamma, epsilon):
    """As a weighted mean of old and new."""
    blend(Q, step, learning_rate, gamma * Q[step.next_state][step.next_action])


def q_learning(Q, step, learning_rate, gamma, epsilon):
    """As a weighted mean of old and new."""
    blend(Q, step, learning_rate, gamma * max(Q[step.next_state].tolist()))


def expected_sarsa(Q, step, learning_rate, gamma, epsilon):
    """The best with 1 - epsilon, the plain mean with epsilon."""
    row = Q[step.next_state]
    blend(Q, step, learning_rate, gamma * ((1 - epsilon) * np.max(row) + epsilon * np.mean(row)))


def td_control(env, rule, episodes, rng, learning_rate=0.5, gamma=1.0, epsilon=0.1, Q=None):
    """An endless loop with a way out, and its own drawing of actions."""
    Q, epsilons = begin(env, Q, episodes, rng, epsilon, gamma)

    def draw(state, chance):
        return int(rng.choice(Q.shape[1], p=epsilon_greedy(Q[state], chance)))

    totals = []
    for chance in epsilons:
        state = env.reset()[0]
        action, earned = draw(state, chance), 0.0
        for _ in itertools.count():
            next_state, reward, terminated, truncated, _ = env.step(action)
            next_action = draw(next_state, chance)
            step = Step(state, action, reward, next_state, next_action, terminated)
            rule(Q, step, learning_rate, gamma, chance)
            earned += reward
            if terminated or truncated:
                break
            state, action = next_state, next_action
        totals.append(earned)
    return Q, np.array(totals)


def n_step_return(rewards, values, n, gamma):
    """By recursion: n steps are one step, and n - 1 from there."""

    def from_step(t, left):
        if t == len(rewards) or left == 0:
            return float(values[t])
        return float(rewards[t]) + gamma * from_step(t + 1, left - 1)

    return np.array([from_step(t, n) for t in range(len(rewards))], dtype=float)


def td_lambda(V, rewards, states, terminated, learning_rate, gamma, trace_decay):
    """Without traces: every error goes back over the visits that led to it."""
    V, T = np.array(V, dtype=float), len(rewards)
    for t in range(T):
        to_come = 0.0 if (terminated and t + 1 == T) else V[states[t + 1]]
        error = rewards[t] + gamma * to_come - V[states[t]]
        for earlier in range(t + 1):
            faded = (gamma * trace_decay) ** (t - earlier)
            V[states[earlier]] += learning_rate * error * faded
    return V
