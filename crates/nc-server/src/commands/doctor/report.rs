//! What was found out: lines for people, or one JSON object.

use serde::Serialize;
use serde_json::json;

use super::profiles::Profile;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Ok,
    Warn,
    Fail,
    Skip,
}

impl Outcome {
    const fn mark(self) -> &'static str {
        match self {
            Self::Ok => "ok  ",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
            Self::Skip => "skip",
        }
    }
}

/// What is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// What is wrong.
    pub(super) text: String,
    /// What to do.
    pub(super) mend: String,
}

impl Fault {
    pub(super) fn new(text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            mend: mend.into(),
        }
    }
}

#[derive(Debug, Serialize)]
struct Finding {
    outcome: Outcome,
    /// The client that was played; absent for what concerns all.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'static str>,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

/// What was found out, in its order.
#[derive(Default)]
pub(super) struct Report(Vec<Finding>);

impl Report {
    /// All is well.
    pub(super) fn fine(&mut self, text: impl Into<String>) {
        self.add(Outcome::Ok, None, None, text.into(), None);
    }

    /// Worth knowing.
    pub(super) fn warn(&mut self, text: impl Into<String>) {
        self.add(Outcome::Warn, None, None, text.into(), None);
    }

    /// It does not work; the text says what to do.
    pub(super) fn fail(&mut self, text: impl Into<String>) {
        self.add(Outcome::Fail, None, None, text.into(), None);
    }

    /// The deployment, for every client.
    pub(super) fn deployment_fails(&mut self, step: &'static str, fault: Fault) {
        self.add(Outcome::Fail, None, Some(step), fault.text, Some(fault.mend));
    }

    /// The deployment, for every client.
    pub(super) fn deployment_warns(&mut self, step: &'static str, fault: Fault) {
        self.add(Outcome::Warn, None, Some(step), fault.text, Some(fault.mend));
    }

    /// Was not tried.
    pub(super) fn skipped(&mut self, step: &'static str, text: &str) {
        self.add(Outcome::Skip, None, Some(step), text.to_owned(), None);
    }

    /// Was not tried for this client.
    pub(super) fn client_skips(&mut self, client: &Profile, step: &'static str, text: &str) {
        self.add(Outcome::Skip, Some(client), Some(step), text.to_owned(), None);
    }

    /// A step of this client holds.
    pub(super) fn client_passes(&mut self, client: &Profile, step: &'static str, text: impl Into<String>) {
        self.add(Outcome::Ok, Some(client), Some(step), text.into(), None);
    }

    /// Something about this client is worth knowing.
    pub(super) fn client_warns(&mut self, client: &Profile, step: &'static str, fault: &Fault) {
        let mend = Some(fault.mend.clone()).filter(|mend| !mend.is_empty());
        self.add(Outcome::Warn, Some(client), Some(step), fault.text.clone(), mend);
    }

    /// A step of this client does not work.
    pub(super) fn client_fails(&mut self, client: &Profile, step: &'static str, fault: Fault) {
        self.add(Outcome::Fail, Some(client), Some(step), fault.text, Some(fault.mend));
    }

    fn add(
        &mut self,
        outcome: Outcome,
        client: Option<&Profile>,
        step: Option<&'static str>,
        text: String,
        mend: Option<String>,
    ) {
        self.0.push(Finding {
            outcome,
            client: client.map(|client| client.name),
            step,
            text,
            mend,
        });
    }

    /// How many checks failed.
    pub(super) fn failures(&self) -> usize {
        self.0.iter().filter(|found| found.outcome == Outcome::Fail).count()
    }

    /// One JSON object.
    pub(super) fn json(&self) -> String {
        json!({ "ok": self.failures() == 0, "failures": self.failures(), "checks": self.0 }).to_string()
    }

    /// Lines for people. What several clients have in common stands there once.
    pub(super) fn text(&self) -> String {
        let mut lines = Vec::new();
        let mut told = vec![false; self.0.len()];
        for (position, found) in self.0.iter().enumerate() {
            if std::mem::replace(&mut told[position], true) {
                continue;
            }
            let mut who: Vec<&str> = found.client.into_iter().collect();
            let mut steps: Vec<&str> = found.step.into_iter().collect();
            if found.client.is_some() {
                for (later, other) in self.0.iter().enumerate().skip(position + 1) {
                    if told[later] || other.outcome != found.outcome {
                        continue;
                    }
                    if found.outcome == Outcome::Ok {
                        // A client's steps that hold are one line.
                        if other.client == found.client {
                            told[later] = true;
                            steps.extend(other.step);
                        }
                    } else if other.step == found.step && other.text == found.text && other.mend == found.mend {
                        told[later] = true;
                        who.extend(other.client);
                    }
                }
            }
            lines.extend(found.lines(&who, &steps));
        }
        // Names and reasons come from servers; a terminal would obey the control characters in them.
        let control = |c: char| c.is_control() && c != '\n';
        lines.join("\n").replace(control, "\u{fffd}")
    }
}

impl Finding {
    fn lines(&self, who: &[&str], steps: &[&str]) -> Vec<String> {
        let mark = self.outcome.mark();
        let mut head = if who.is_empty() {
            String::new()
        } else {
            format!("{}: ", who.join(", "))
        };
        if self.outcome == Outcome::Ok && self.client.is_some() {
            return vec![format!("  {mark}  {head}{}", steps.join(", "))];
        }
        if !steps.is_empty() {
            head = format!("{head}{}: ", steps.join(", "));
        }
        let mut lines = vec![format!("  {mark}  {head}{}", self.text)];
        let mend = self.mend.iter().flat_map(|mend| mend.lines());
        lines.extend(mend.map(|line| format!("        → {line}")));
        lines
    }
}
