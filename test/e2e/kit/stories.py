"""Lives of an application, each played until its end whatever dies meanwhile."""

from kit.life import STAY

RETRY = {"type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 1,
         "onSubmissionFailureRetries": 1, "onSubmissionFailureRetryInterval": 1}


class Story:
    """@outcomes: of its drivers that are whole; so many there must be. @runs: executionAttempts in the end.
    @slow: its submissions take their time."""

    spec, outcomes, runs, end, slow = {}, (0,), 1, "COMPLETED", False

    def __init__(self, stage):
        self.stage, self.acts = stage, list(self.plot())
        self.since = []  # how many calls there had been when its user acted

    def plot(self):
        """What its user does: (state in which, what)."""
        return []

    def act(self):
        if self.acts and self.stage.place.wholes and self.stage.state() == self.acts[0][0]:
            _, deed = self.acts.pop(0)
            self.since.append(len(self.stage.way.calls()))
            deed()

    def over(self):
        return not self.acts and self.stage.state() == self.end


class Completes(Story):
    pass


class NeverComes(Story):
    """No driver of it is ever whole."""

    outcomes, runs, end = (), 0, "FAILED"


class Retries(Story):
    spec, outcomes, runs = {"restartPolicy": RETRY}, (1, 0), 2


class Pauses(Story):
    outcomes = (STAY, 0)

    def plot(self):
        yield "RUNNING", lambda: self.stage.change({"spec": {"suspend": True}})
        yield "SUSPENDED", lambda: self.stage.change({"spec": {"suspend": False}})


class Changes(Story):
    outcomes = (STAY, 0)

    def plot(self):
        yield "RUNNING", lambda: self.stage.change({"spec": {"arguments": ["7"]}})
        yield "PENDING_RERUN", lambda: None

    def act(self):
        # A state that another process may pass through unseen: it is over once there is another driver.
        if len(self.acts) == 1 and len(self.stage.place.wholes) > 1:
            self.acts = []
        super().act()


class Leaves(Story):
    outcomes, runs = (STAY,), None

    def plot(self):
        yield "RUNNING", lambda: self.stage.env.api.done("DELETE", self.stage.path())

    def over(self):
        life, namespace = self.stage.life, self.stage.namespace
        return not self.acts and not any(life.of(kind, namespace) for kind in ("sparkapplications", "pods", "services"))


class LeavesEarly(Leaves):
    """While its driver is being made."""

    outcomes, slow = (), True

    def act(self):
        if self.acts and self.stage.place.drivers:
            self.since.append(len(self.stage.way.calls()))
            self.acts.pop()[1]()
