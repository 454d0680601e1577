"""Checks for TD learning."""

import numpy as np

from grader import Explain, Mistake, check, return_at_least


class Count:
    """How many states, or actions, there are."""

    def __init__(self, n):
        self.n = n


class World:
    """A small environment: `moves[state][action]` is (next state, reward, terminated).

    With `cut`, an episode is truncated after that many steps, and then there
    is no next one before a reset. The log holds "reset" and the actions.
    """

    def __init__(self, moves, start=0, cut=None):
        self.moves, self.start, self.cut = moves, start, cut
        self.observation_space, self.action_space = Count(len(moves)), Count(len(moves[0]))
        self.log = []

    def reset(self, seed=None, options=None):
        self.state, self.steps, self.over = self.start, 0, False
        self.log.append("reset")
        return self.state, {}

    def step(self, action):
        if self.over:
            raise RuntimeError("the episode is over: env.reset() begins another")
        self.log.append(int(action))
        self.state, reward, terminated = self.moves[self.state][action]
        self.steps += 1
        truncated = self.steps == self.cut
        self.over = terminated or truncated
        return self.state, reward, terminated, truncated, {}


def corridor(length, cut=None):
    """Left and right between two walls; -1 a step, 5 at the right end."""
    moves = [
        [(max(s - 1, 0), -1.0, False), (s + 1, 5.0 if s == length - 2 else -1.0, s == length - 2)]
        for s in range(length - 1)
    ]
    return World([*moves, [(length - 1, 0.0, True)] * 2], cut=cut)


def ledge(cut=100):
    """Two rows of five cells and one more below each end: between these, a drop.

    Up, right, down, left. Each step costs 1, a drop 20 and the way back to
    the start, which is below the left end; the goal is below the right end.
    """
    moves = []
    for state in range(12):
        row, column = (2, 0 if state == 10 else 4) if state > 9 else divmod(state, 5)
        moves.append([])
        for down, right in [(-1, 0), (0, 1), (1, 0), (0, -1)]:
            r, c = max(row + down, 0), min(max(column + right, 0), 4)
            if r > 2:
                r = 2
            if r == 2 and 0 < c < 4:
                moves[-1].append((10, -20.0, False))
            elif r == 2:
                moves[-1].append((10 if c == 0 else 11, -1.0, c == 4))
            else:
                moves[-1].append((5 * r + c, -1.0, False))
    return World(moves, start=10, cut=cut)


def only_the_seed(rng):
    """Return a seed to learn with, and another for the replay."""
    seeds = rng.integers(2**31, size=2).tolist()
    return {"seed": seeds[0]}, seeds[1]


# epsilon_greedy


@check("epsilon_greedy")
def shares(code, rng):
    """every action has an equal part of epsilon, and the best has all the rest as well"""
    return code.epsilon_greedy(rng.normal(size=4), 0.3), code.epsilon_greedy(
        rng.normal(size=7), 0.8
    )


@check("epsilon_greedy")
def equally_good(code):
    """actions that are equally good share alike, whole numbers as well"""
    return (
        code.epsilon_greedy(np.array([1.0, 3.0, 3.0, 0.0]), 0.2),
        code.epsilon_greedy(np.array([2, 2, 2]), 0.5),
        code.epsilon_greedy(np.array([-4.0, -4.0, -7.0, -4.0]), 0.0),
    )


@check("epsilon_greedy")
def extremes(code, rng):
    """epsilon may be 0 or 1, and there may be one action only"""
    q = rng.normal(size=3)
    return code.epsilon_greedy(q, 0), code.epsilon_greedy(q, 1), code.epsilon_greedy(q[:1], 0.4)


# discounted_return


@check("discounted_return")
def backwards(code, rng):
    """each return is its reward plus gamma times the return after it"""
    return code.discounted_return(rng.normal(size=6), 0.8)


@check("discounted_return")
def still_to_come(code, rng):
    """what is still to come after the last reward is discounted like everything else"""
    return code.discounted_return(rng.normal(size=4), 0.7, last=10.0)


@check("discounted_return")
def edges_of_discounting(code, rng):
    """gamma may be 0 or 1, and an episode may have one step, or none"""
    rewards = rng.normal(size=4)
    return (
        code.discounted_return(rewards, 0.0, 3.0),
        code.discounted_return(rewards, 1.0, 3.0),
        code.discounted_return(rewards[:1], 0.5, 3.0),
        code.discounted_return(rewards[:0], 0.5, 3.0),
    )


# mc_control


class Recital(World):
    """One action, and each episode a list of (state, reward), told one after the other."""

    def __init__(self, states, episodes, cut=False):
        super().__init__([[(0, 0.0, False)]] * states)
        self.episodes, self.is_cut, self.told = episodes, cut, -1

    def reset(self, seed=None, options=None):
        if seed is None:
            self.told += 1
        self.steps = 0
        return self.episodes[self.told % len(self.episodes)][0][0], {}

    def step(self, action):
        lines = self.episodes[self.told]
        reward = lines[self.steps][1]
        self.steps += 1
        is_last = self.steps == len(lines) - 1
        return lines[self.steps][0], reward, is_last and not self.is_cut, is_last, {}


def recited(rng, states, lengths):
    """Return episodes of random states and rewards, each with its last state."""
    return [
        [(int(rng.integers(states)), float(rng.normal())) for _ in range(length)]
        for length in lengths
    ]


@check("mc_control")
def first_visits(code, rng):
    """in an episode that comes back to a state, only the first visit counts"""
    story = [[(0, 1.0), (1, 2.0), (0, -4.0), (1, 8.0), (2, 16.0), (3, 0.0)]]
    return code.mc_control(Recital(4, story), 1, rng, gamma=0.5)


@check("mc_control")
def means(code, rng):
    """over many episodes each value is the mean of the returns that were counted"""
    story = recited(rng, 4, [5, 9, 3, 7, 6])
    return code.mc_control(Recital(4, story), 5, rng, gamma=0.9)


@check("mc_control")
def where_it_begins(code, rng):
    """what Q began with gives way to the first return, and stays where none was counted"""
    story = recited(rng, 3, [4, 5])
    return code.mc_control(Recital(5, story), 2, rng, Q=rng.normal(size=(5, 1)))[0]


@check("mc_control")
def cut_short(code, rng):
    """where an episode was cut off, what the policy expects in the last state is still to come"""
    moves = [[(1, 2.0, False)] * 2, [(2, 1.0, False)] * 2, [(2, 0.0, True)] * 2]
    Q = np.array([[0.0, 0.1], [0.0, 0.1], [10.0, 20.0]])
    return code.mc_control(World(moves, cut=2), 60, rng, gamma=0.5, epsilon=0.8, Q=Q)[0]


@check("mc_control")
def each_its_own_epsilon(code, rng):
    """each episode is played with its own epsilon"""
    moves = [[(1, 1.0, True), (1, 2.0, True)], [(1, 0.0, True)] * 2]
    epsilons = np.r_[np.ones(60), np.zeros(5)]
    Q, totals = code.mc_control(World(moves), 65, rng, epsilon=epsilons)
    return Q, totals[60:], set(totals[:60].tolist())


@check("mc_control", given=only_the_seed, expect=return_at_least(0, 5, lambda: corridor(7, cut=40)))
def walks_the_corridor(code, seed):
    """it learns to walk to the end of a corridor"""
    rng = np.random.default_rng(seed)
    return code.mc_control(corridor(7, cut=40), 150, rng, epsilon=0.3)[0]


# sarsa, q_learning, expected_sarsa


def moved(code, rule, Q, *steps, learning_rate=0.3, gamma=0.9, epsilon=0.4):
    """Return Q after a rule has seen these steps."""
    for step in steps:
        rule(Q, code.Step(*step), learning_rate, gamma, epsilon)
    return Q


@check("sarsa")
def towards_the_next_action(code, rng):
    """one entry moves part of the way to the reward plus gamma times that of the next action"""
    Q = rng.normal(size=(4, 3))
    Q[2] = [1.0, -2.0, 3.0]
    return moved(code, code.sarsa, Q, (0, 1, -1.0, 2, 1, False))


@check("sarsa")
def sarsa_at_the_end(code, rng):
    """where the task has terminated nothing is to come, whatever Q says there"""
    Q = 10 + rng.normal(size=(3, 2))
    return moved(code, code.sarsa, Q, (1, 0, 5.0, 2, 1, True))


@check("sarsa")
def sarsa_in_a_loop(code, rng):
    """a step may lead back to its own state, and the next one builds on what it changed"""
    Q = rng.normal(size=(2, 2))
    steps = [(1, 1, 2.0, 1, 1, False), (1, 1, -1.0, 1, 0, False), (1, 0, 1.0, 0, 1, False)]
    return moved(code, code.sarsa, Q, *steps, learning_rate=0.5, gamma=1.0)


@check("q_learning")
def towards_the_best_action(code, rng):
    """one entry moves part of the way to the reward plus gamma times the best that can follow"""
    Q = rng.normal(size=(4, 3))
    Q[2] = [1.0, -2.0, 3.0]
    return moved(code, code.q_learning, Q, (0, 1, -1.0, 2, 1, False))


@check("q_learning")
def q_at_the_end(code, rng):
    """where the task has terminated nothing is to come, whatever Q says there"""
    Q = 10 + rng.normal(size=(3, 2))
    return moved(code, code.q_learning, Q, (1, 0, 5.0, 2, 1, True))


@check("q_learning")
def only_bad_choices(code):
    """the best may be negative"""
    Q = -np.array([[1.0, 2.0], [9.0, 7.0]])
    return moved(code, code.q_learning, Q, (0, 0, 0.5, 1, 0, False), (1, 1, 0.0, 1, 0, False))


@check("q_learning")
def optimum_of_the_ledge(code, rng):
    """visiting every pair often enough, it arrives at the best values there are"""
    world, Q = ledge(), np.full((12, 4), -3.0)
    for _ in range(25):
        for state in range(11):
            for action, (after, reward, terminated) in enumerate(world.moves[state]):
                reward += action / 10  # no two alike
                step = code.Step(state, action, reward, after, int(rng.integers(4)), terminated)
                code.q_learning(Q, step, 1.0, 1.0, 0.1)
    return Q


@check("expected_sarsa")
def towards_the_mean(code, rng):
    """one entry moves part of the way to the reward plus gamma times what the policy expects"""
    Q = rng.normal(size=(4, 3))
    Q[2] = [1.0, -2.0, 3.0]
    return moved(code, code.expected_sarsa, Q, (0, 1, -1.0, 2, 1, False))


@check("expected_sarsa")
def expected_at_the_end(code, rng):
    """where the task has terminated nothing is to come, whatever Q says there"""
    Q = 10 + rng.normal(size=(3, 2))
    return moved(code, code.expected_sarsa, Q, (1, 0, 5.0, 2, 1, True))


@check("expected_sarsa")
def expected_extremes(code, rng):
    """with epsilon 0 it expects the best, with epsilon 1 the plain mean"""
    Q, step = rng.normal(size=(2, 3)), (1, 2, 1.0, 0, 0, False)
    Q[:, 1] = [3.0, -3.0]  # the best here is not the best there
    return [moved(code, code.expected_sarsa, Q.copy(), step, epsilon=e) for e in (0.0, 1.0)]


# td_control


def watched(log):
    """Return a rule that changes nothing and writes down what it is told."""

    def rule(Q, step, learning_rate, gamma, epsilon):
        told = (np.nan if part is None else float(part) for part in step)
        log.append((*told, learning_rate, gamma, epsilon))

    return rule


def anywhere(rng, states=6, actions=3):
    """Return a world in which each action leads to a drawn state for a drawn reward."""
    moves = [
        [(int(rng.integers(states)), rng.normal(), rng.random() < 0.1) for _ in range(actions)]
        for _ in range(states)
    ]
    return World(moves, start=int(rng.integers(states)), cut=12)


@check("td_control")
def what_the_rule_is_told(code, rng):
    """at every step the rule is told what happened, and what will be done next"""
    Q, log = np.zeros((5, 2)), []
    Q[:, 1] = 1.0
    Q[[2, 4]] = [1.0, 0.0]  # from the middle it goes back
    code.td_control(corridor(5, cut=6), watched(log), 2, rng, 0.2, 0.7, 0.0, Q)
    world, Q, seen = anywhere(rng), rng.normal(size=(6, 3)), []
    code.td_control(world, watched(seen), 2, rng, *rng.uniform(0.2, 0.9, size=2), 0.0, Q)
    # nothing is done after the end, whatever was announced
    seen = [(*told[:4], -1 if told[5] == 1 else told[4], *told[5:]) for told in seen]
    return np.array(log), np.array(seen)


@check("td_control")
def announced_and_done(code, rng):
    """the action that was announced to the rule is the one that is taken"""
    world, log = corridor(6, cut=30), []
    code.td_control(world, watched(log), 20, rng, epsilon=1.0)
    done = " ".join(map(str, world.log)).split("reset")
    taken = [[int(word) for word in words.split()] for words in done if words.strip()]
    steps, first = np.array(log), np.cumsum([0] + [len(actions) for actions in taken])
    agree = [
        steps[start:end, 1].astype(int).tolist() == actions
        and steps[start : end - 1, 4].astype(int).tolist() == actions[1:]
        for start, end, actions in zip(first[:-1], first[1:], taken, strict=True)
    ]
    return len(agree), all(agree)


@check("td_control")
def chosen_before(code, rng):
    """the next action is chosen before the rule changes Q"""
    world, Q = World([[(0, -1.0, False)] * 3], cut=8), np.array([[0.0, 0.5, 0.2]])

    def rule(table, step, learning_rate, gamma, epsilon):
        table[step.state, step.action] -= 1.0

    code.td_control(world, rule, 2, rng, epsilon=0.0, Q=Q)
    return world.log[-9:]


@check("td_control")
def cut_off_is_not_over(code, rng):
    """an episode ends when it is cut off, but only a real end is called terminated"""
    Q, log = np.zeros((5, 2)), []
    Q[:, 1] = 1.0
    for cut in (2, 4, 6):  # before the goal, at the goal, after it
        code.td_control(corridor(5, cut=cut), watched(log), 1, rng, epsilon=0.0, Q=Q)
    return np.array(log)[:, [0, 5]]


@check("td_control")
def totals(code, rng):
    """it returns the table that the rule has changed, and the rewards of each episode in sum"""

    def rule(table, step, learning_rate, gamma, epsilon):
        table[step.state, step.action] += step.reward + gamma + epsilon

    Q, many = np.tile([0.0, 1.2], (4, 1)), np.zeros(6)  # it turns round in the fourth
    return code.td_control(corridor(4, cut=20), rule, 6, rng, gamma=0.5, epsilon=many, Q=Q)


@check("td_control")
def one_epsilon_each(code, rng):
    """each episode has its own epsilon, for every choice and for the rule"""
    log, Q = [], np.array([[0.0, 1.0, 0.0]])
    world = World([[(0, 1.0, False)] * 3], cut=2)
    epsilons = np.r_[np.zeros(5), np.ones(80), np.zeros(5)]
    code.td_control(world, watched(log), 90, rng, epsilon=epsilons, Q=Q)
    actions = np.array(log)[:, 1].reshape(90, 2)
    first, second = (set(column.tolist()) for column in actions[5:85].T)
    return np.array(log)[:, -1], actions[:5], first, second, actions[85:]


def best_of_the_next(Q, step, learning_rate, gamma, epsilon):
    """Learn as Q-learning does."""
    target = step.reward + (0.0 if step.terminated else gamma * max(Q[step.next_state]))
    Q[step.state, step.action] += learning_rate * (target - Q[step.state, step.action])


@check("td_control", given=only_the_seed, expect=return_at_least(-6, 3, lambda: ledge(cut=50)))
def learns_the_ledge(code, seed):
    """with Q-learning's rule it learns the shortest way along a ledge"""
    rng = np.random.default_rng(seed)
    return code.td_control(ledge(), best_of_the_next, 150, rng, epsilon=0.2)[0]


# n_step_return


@check("n_step_return")
def one_step(code, rng):
    """with n = 1: the reward plus gamma times the value of the next state"""
    return code.n_step_return(rng.normal(size=5), rng.normal(size=6), 1, 0.9)


@check("n_step_return")
def three_steps(code, rng):
    """with n = 3: three rewards and the value of the state after them; near the end, fewer"""
    return code.n_step_return(rng.normal(size=8), rng.normal(size=9), 3, 0.8)


@check("n_step_return")
def beyond_the_end(code, rng):
    """with n as long as the episode or longer: all rewards, and the last value"""
    rewards, values = rng.normal(size=4), rng.normal(size=5)
    return [code.n_step_return(rewards, values, n, 0.7) for n in (3, 4, 5, 50)]


@check("n_step_return")
def edges_of_n(code, rng):
    """an episode may have one step, or none; gamma may be 0 or 1"""
    rewards, values = rng.normal(size=5), rng.normal(size=6)
    return (
        code.n_step_return(rewards[:1], values[:2], 2, 0.5),
        code.n_step_return(rewards[:0], values[:1], 2, 0.5),
        code.n_step_return(rewards, values, 2, 0.0),
        code.n_step_return(rewards, values, 2, 1.0),
    )


# td_lambda


def walk(rng, m, steps):
    """Return values, rewards, and states, some of them visited twice."""
    states = rng.integers(m, size=steps + 1)
    states[3], states[5] = states[0], states[1]
    return rng.normal(size=m), rng.normal(size=steps), states


@check("td_lambda")
def traces(code, rng):
    """every TD error moves each state in proportion to its trace"""
    return code.td_lambda(*walk(rng, 4, 9), True, 0.2, 0.9, 0.7)


@check("td_lambda")
def without_traces(code, rng):
    """with trace_decay 0 only the state just left moves"""
    return code.td_lambda(*walk(rng, 4, 9), True, 0.3, 0.9, 0.0)


@check("td_lambda")
def full_traces(code, rng):
    """with trace_decay 1 and gamma 1 nothing fades"""
    return code.td_lambda(*walk(rng, 4, 9), True, 0.3, 1.0, 1.0)


@check("td_lambda")
def both_endings(code, rng):
    """the last state is worth nothing where the task terminated, its value where it was cut off"""
    V, rewards, states = walk(rng, 5, 6)
    V = V + 5
    return [code.td_lambda(V, rewards, states, end, 0.3, 0.8, 0.5) for end in (True, False)]


@check("td_lambda")
def shortest_walks(code):
    """an episode may have one step, or none"""
    V = np.array([1.0, 4.0])
    return [
        code.td_lambda(V, np.array([2.0]), np.array([0, 1]), end, 0.5, 0.9, 0.8)
        for end in (True, False)
    ] + [code.td_lambda(V, np.zeros(0), np.array([1]), False, 0.5, 0.9, 0.8)]


MISTAKES = [
    Mistake(
        "the best action has only what the others leave: it has its part of epsilon, too",
        in_="epsilon_greedy",
        old="epsilon / len(q) + (1 - epsilon) * best / best.sum()",
        new="np.where(best, (1 - epsilon) / best.sum(), epsilon / len(q))",
    ),
    Mistake(
        "epsilon is shared among the other actions alone",
        in_="epsilon_greedy",
        old="epsilon / len(q) + (1 - epsilon) * best / best.sum()",
        new="np.where(best, (1 - epsilon) / best.sum(), epsilon / max(1, (~best).sum()))",
    ),
    Mistake(
        "the first of several best actions gets all",
        in_="epsilon_greedy",
        old="q == q.max()",
        new="np.arange(len(q)) == q.argmax()",
    ),
    Mistake(
        "each of several best actions gets all, so that the chances sum to more than 1",
        in_="epsilon_greedy",
        old=" / best.sum()",
        new="",
    ),
    Mistake(
        "epsilon and 1 - epsilon are swapped",
        in_="epsilon_greedy",
        old="epsilon / len(q) + (1 - epsilon)",
        new="(1 - epsilon) / len(q) + epsilon",
    ),
    Mistake(
        "the worst action is preferred",
        in_="epsilon_greedy",
        old="q.max()",
        new="q.min()",
    ),
    Mistake(
        "the returns are added up from the front instead of from the back",
        in_="discounted_return",
        old="reversed(range(len(rewards)))",
        new="range(len(rewards))",
    ),
    Mistake(
        "the reward itself is discounted as well",
        in_="discounted_return",
        old="rewards[t] + gamma * last",
        new="gamma * (rewards[t] + last)",
    ),
    Mistake(
        "nothing is discounted",
        in_="discounted_return",
        old="gamma * last",
        new="last",
    ),
    Mistake(
        "what is still to come after the last reward is left out",
        in_="discounted_return",
        old="    for t in",
        new="    last = 0.0\n    for t in",
    ),
    Mistake(
        "the returns come out in the order in which they were computed, last first",
        in_="discounted_return",
        old="return returns",
        new="return returns[::-1]",
    ),
    Mistake(
        "every visit of a pair in an episode counts, the last of them for good",
        in_="mc_control",
        old="first.setdefault(tuple(pair), value)",
        new="first[tuple(pair)] = value",
    ),
    Mistake(
        "every visit of a pair is counted, not only the first",
        in_="mc_control",
        old="            first.setdefault(tuple(pair), value)\n"
        "        for pair, value in first.items():",
        new="            first[len(first)] = tuple(pair), value\n"
        "        for pair, value in first.values():",
    ),
    Mistake(
        "an episode that was cut off is taken as terminated",
        in_="mc_control",
        old="0.0 if terminated else epsilon_greedy(q, epsilon) @ q",
        new="0.0",
    ),
    Mistake(
        "after a cut-off the best is expected, though the policy is not always greedy",
        in_="mc_control",
        old="epsilon_greedy(q, epsilon) @ q",
        new="q.max()",
    ),
    Mistake(
        "the last state counts for something even where the episode has terminated",
        in_="mc_control",
        old="0.0 if terminated else epsilon_greedy",
        new="epsilon_greedy",
    ),
    Mistake(
        "the values are means of rewards instead of returns",
        in_="mc_control",
        old="zip(states[:-1], actions, returns, strict=True)",
        new="zip(states[:-1], actions, rewards, strict=True)",
    ),
    Mistake(
        "the newest return replaces the mean instead of joining it",
        in_="mc_control",
        old=" / counts[pair]",
        new="",
    ),
    Mistake(
        "what Q began with is counted as one of the returns",
        in_="mc_control",
        old="(value - Q[pair]) / counts[pair]",
        new="(value - Q[pair]) / (counts[pair] + 1)",
    ),
    Mistake(
        "every episode is played with the last epsilon",
        in_="mc_control",
        old="policy = policy_of(Q, epsilon)",
        new="policy = policy_of(Q, epsilons[-1])",
    ),
    Mistake(
        "the totals are discounted",
        in_="mc_control",
        old="sum(rewards)",
        new="returns[0]",
    ),
    Mistake(
        "the state after the end is counted as if something came from there",
        in_="sarsa",
        old="    if not terminated:\n        target",
        new="    target",
    ),
    Mistake(
        "the best next action is taken: that is Q-learning",
        in_="sarsa",
        old="Q[next_state, next_action]",
        new="Q[next_state].max()",
    ),
    Mistake(
        "the value is read in the state that was left, not in the one that was reached",
        in_="sarsa",
        old="Q[next_state, next_action]",
        new="Q[state, next_action]",
    ),
    Mistake(
        "the value of the next state is read under the old action",
        in_="sarsa",
        old="Q[next_state, next_action]",
        new="Q[next_state, action]",
    ),
    Mistake(
        "what follows is not discounted",
        in_="sarsa",
        old="gamma * ",
        new="",
    ),
    Mistake(
        "the old value is not subtracted from the target",
        in_="sarsa",
        old="(target - Q[state, action])",
        new="target",
    ),
    Mistake(
        "the target replaces the old value instead of pulling at it",
        in_="sarsa",
        old="Q[state, action] += learning_rate * (target - Q[state, action])",
        new="Q[state, action] = target",
    ),
    Mistake(
        "a copy of Q is changed, and Q itself is not",
        in_="sarsa",
        old="    target = reward\n",
        new="    target, Q = reward, Q.copy()\n",
    ),
    Mistake(
        "the state after the end is counted as if something came from there",
        in_="q_learning",
        old="    if not terminated:\n        target",
        new="    target",
    ),
    Mistake(
        "the best action in the state that was left is taken, not in the one that was reached",
        in_="q_learning",
        old="Q[next_state].max()",
        new="Q[state].max()",
    ),
    Mistake(
        "the number of the best action is used in place of its value",
        in_="q_learning",
        old="Q[next_state].max()",
        new="Q[next_state].argmax()",
    ),
    Mistake(
        "the largest value of the whole table is taken",
        in_="q_learning",
        old="Q[next_state].max()",
        new="Q.max()",
    ),
    Mistake(
        "the value of the next action is taken: that is Sarsa",
        in_="q_learning",
        old="Q[next_state].max()",
        new="Q[next_state, step.next_action]",
    ),
    Mistake(
        "the mean over the actions is taken instead of the best",
        in_="q_learning",
        old="Q[next_state].max()",
        new="Q[next_state].mean()",
    ),
    Mistake(
        "what follows counts only where it is good",
        in_="q_learning",
        old="Q[next_state].max()",
        new="max(0.0, Q[next_state].max())",
    ),
    Mistake(
        "what follows is not discounted",
        in_="q_learning",
        old="gamma * ",
        new="",
    ),
    Mistake(
        "the old value is not subtracted from the target",
        in_="q_learning",
        old="(target - Q[state, action])",
        new="target",
    ),
    Mistake(
        "the state after the end is counted as if something came from there",
        in_="expected_sarsa",
        old="    if not terminated:\n        q = Q[next_state]\n        target",
        new="    q = Q[next_state]\n    target",
    ),
    Mistake(
        "all actions are taken as equally likely",
        in_="expected_sarsa",
        old="(epsilon_greedy(q, epsilon) @ q)",
        new="q.mean()",
    ),
    Mistake(
        "the best is expected, though the policy is not always greedy: that is Q-learning",
        in_="expected_sarsa",
        old="(epsilon_greedy(q, epsilon) @ q)",
        new="q.max()",
    ),
    Mistake(
        "the chances are those in the state that was left",
        in_="expected_sarsa",
        old="epsilon_greedy(q, epsilon) @ q",
        new="epsilon_greedy(Q[state], epsilon) @ q",
    ),
    Mistake(
        "what follows is not discounted",
        in_="expected_sarsa",
        old="gamma * ",
        new="",
    ),
    Mistake(
        "the old value is not subtracted from the target",
        in_="expected_sarsa",
        old="(target - Q[state, action])",
        new="target",
    ),
    Mistake(
        "an episode that was cut off is reported as terminated",
        in_="td_control",
        old="step = Step(state, action, reward, after, then, terminated)",
        new="step = Step(state, action, reward, after, then, terminated or truncated)",
    ),
    Mistake(
        "an episode that is cut off goes on all the same",
        in_="td_control",
        old="over = terminated or truncated",
        new="over = terminated",
    ),
    Mistake(
        "another action is taken than the rule was told",
        in_="td_control",
        old="state, action = after, then",
        new="state, action = after, choose(Q[after], epsilon, rng)",
        lesson="A greedy walk chooses the same action twice, so it shows only where chance has a "
        "say; and in the mean Sarsa learns the same even then, which hides it well. But a rule "
        "that follows a walk over several steps gives credit to actions that nobody took. Draw "
        "once, and carry what was drawn.",
    ),
    Mistake(
        "the next action is chosen for the state that was left",
        in_="td_control",
        old="choose(Q[after], epsilon, rng)",
        new="choose(Q[state], epsilon, rng)",
    ),
    Mistake(
        "the rule is told the old state as the next one",
        in_="td_control",
        old="Step(state, action, reward, after, then, terminated)",
        new="Step(state, action, reward, state, then, terminated)",
    ),
    Mistake(
        "the state stays the first one: it is not moved on",
        in_="td_control",
        old="state, action = after, then",
        new="action = then",
    ),
    Mistake(
        "the totals are discounted",
        in_="td_control",
        old="totals[i] += reward",
        new="totals[i] += reward * gamma",
    ),
    Mistake(
        "only the last reward is kept as the total",
        in_="td_control",
        old="totals[i] += reward",
        new="totals[i] = reward",
    ),
    Mistake(
        "the first action of an episode is never a random one",
        in_="td_control",
        old="action, over = choose(Q[state], epsilon, rng), False",
        new="action, over = choose(Q[state], 0.0, rng), False",
    ),
    Mistake(
        "only the first action of an episode may be a random one",
        in_="td_control",
        old="then = choose(Q[after], epsilon, rng)",
        new="then = choose(Q[after], 0.0, rng)",
    ),
    Mistake(
        "the rule is told another epsilon than was played with",
        in_="td_control",
        old="rule(Q, step, learning_rate, gamma, epsilon)",
        new="rule(Q, step, learning_rate, gamma, epsilons[0])",
    ),
    Mistake(
        "every episode begins where the last one ended",
        in_="td_control",
        old="        state, _ = env.reset()\n",
        new="        state = env.reset()[0] if i == 0 else state\n",
    ),
    Mistake(
        "it looks one step less far than n",
        in_="n_step_return",
        old="    T = len(rewards)",
        new="    n, T = max(1, n - 1), len(rewards)",
    ),
    Mistake(
        "it looks one step too far",
        in_="n_step_return",
        old="    T = len(rewards)",
        new="    n, T = n + 1, len(rewards)",
    ),
    Mistake(
        "the value at the end is not discounted",
        in_="n_step_return",
        old="    return returns",
        new="    end = np.minimum(np.arange(T) + n, T)\n"
        "    return returns + values[end] * (1 - gamma ** (end - np.arange(T)))",
    ),
    Mistake(
        "no value stands at the end: the rewards alone are added",
        in_="n_step_return",
        old="values[np.minimum(np.arange(T) + n, T)]",
        new="0 * values[np.minimum(np.arange(T) + n, T)]",
    ),
    Mistake(
        "near the end of the episode the last value is left out",
        in_="n_step_return",
        old="values[np.minimum(np.arange(T) + n, T)]",
        new="np.append(values, np.zeros(n + T))[np.arange(T) + n]",
    ),
    Mistake(
        "the values are those of the states that were left, not of those reached",
        in_="n_step_return",
        old="values[np.minimum(np.arange(T) + n, T)]",
        new="values[np.minimum(np.arange(T) + n, T) - 1]",
    ),
    Mistake(
        "nothing is discounted",
        in_="n_step_return",
        old="gamma * returns",
        new="returns",
    ),
    Mistake(
        "the trace fades by trace_decay alone",
        in_="td_lambda",
        old="gamma * trace_decay",
        new="trace_decay",
    ),
    Mistake(
        "the trace fades by gamma alone",
        in_="td_lambda",
        old="gamma * trace_decay",
        new="gamma",
    ),
    Mistake(
        "a second visit sets the trace to 1 instead of adding 1",
        in_="td_lambda",
        old="trace[state] += 1",
        new="trace[state] = 1",
        lesson="On a walk that never comes back the two are the same. Such replacing traces are a "
        "method of their own; but it is not this one, and the values differ wherever a state is "
        "seen again before its trace has faded. Test with a walk that turns round.",
    ),
    Mistake(
        "the trace fades after the visit, so that even the state just left moves too little",
        in_="td_lambda",
        old="        trace *= gamma * trace_decay\n        trace[state] += 1\n",
        new="        trace[state] += 1\n        trace *= gamma * trace_decay\n",
    ),
    Mistake(
        "the state after the end is counted as if something came from there",
        in_="td_lambda",
        old="0.0 if ended else gamma * V[after]",
        new="gamma * V[after]",
    ),
    Mistake(
        "an episode that was cut off is taken as terminated",
        in_="td_lambda",
        old="terminated and t == len(rewards) - 1",
        new="t == len(rewards) - 1",
    ),
    Mistake(
        "no step of an episode that terminated looks at the next state",
        in_="td_lambda",
        old="terminated and t == len(rewards) - 1",
        new="terminated",
    ),
    Mistake(
        "what follows is not discounted",
        in_="td_lambda",
        old="gamma * V[after]",
        new="V[after]",
    ),
    Mistake(
        "the errors are computed from the values before the episode",
        in_="td_lambda",
        old="        to_come = 0.0 if ended else gamma * V[after]\n"
        "        V += learning_rate * (reward + to_come - V[state]) * trace",
        new="        old = V.copy() if t == 0 else old\n"
        "        to_come = 0.0 if ended else gamma * old[after]\n"
        "        V += learning_rate * (reward + to_come - old[state]) * trace",
    ),
    Mistake(
        "only the state just left moves, whatever the traces say",
        in_="td_lambda",
        old=" * trace\n",
        new=" * (np.arange(len(V)) == state)\n",
    ),
]


def walk_the_corridor(code, epsilon, seed):
    """Return what Sarsa has learned from three walks that begin by going right."""
    Q = np.tile([0.0, 100.0], (5, 1))
    rng = np.random.default_rng(seed)
    return code.td_control(corridor(5, cut=30), code.sarsa, 3, rng, epsilon=epsilon, Q=Q)[0]


EXPLAIN = [
    Explain(
        "announced",
        why="another action is taken than the rule was told",
        causes={
            "an episode that was cut off is reported as terminated": "The Step is given terminated "
            "alone; truncated only ends the loop.",
            "the next action is chosen for the state that was left": "It is chosen by Q[after], "
            "and after is the state that was reached.",
            "the first action of an episode is never a random one": "It is chosen with epsilon "
            "like every other.",
        },
        takes="`epsilon` is from 0 to 1, `seed` that of the generator; out comes the table after "
        "Sarsa has walked three times along a corridor of five cells, right preferred to left.",
        call=walk_the_corridor,
        example={"epsilon": 0.0, "seed": 0},
        witness={"epsilon": 0.5, "seed": 1},
    ),
    Explain(
        "trace",
        why="a second visit sets the trace to 1 instead of adding 1",
        causes={
            "the trace fades before the visit is counted": "So it is meant: the state just left "
            "moves by the whole of its error.",
            "only the state just left moves, whatever the traces say": "V is a whole table, and "
            "all of it moves, each entry by its trace.",
            "the state after the end is counted as if something came from there": "Where the last "
            "step has ended the task, nothing is to come: 0.0.",
        },
        takes="`states` are those of one episode, each 0, 1 or 2, and `rewards` are one fewer; out "
        "come the three values, zero before it, with a trace that fades by half at every step.",
        call=lambda code, states, rewards: code.td_lambda(
            np.zeros(3), rewards, states, True, 0.5, 1.0, 0.5
        ),
        example={"states": [0, 1, 2], "rewards": [0.0, 1.0]},
        witness={"states": [0, 0, 1], "rewards": [0.0, 1.0]},
    ),
]
