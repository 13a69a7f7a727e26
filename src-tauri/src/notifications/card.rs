//! From what the engine noticed to what a person reads: grouped, in plain words, with the place it leads to.

use leeward_model::{Navigate, Screen};
use leeward_sync::Notice;

/// What a notification offers to do: its name on the bus, and its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Button {
    pub(crate) id: &'static str,
    pub(crate) label: &'static str,
}

const RESOLVE: Button = Button {
    id: "resolve",
    label: "Resolve",
};
const OPEN: Button = Button {
    id: "open",
    label: "Open",
};
const FIX: Button = Button {
    id: "fix",
    label: "Fix and run again",
};
const SIGN_IN: Button = Button {
    id: "sign-in",
    label: "Sign in",
};

/// One desktop notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Card {
    pub(crate) summary: String,
    pub(crate) body: String,
    /// Its button.
    pub(crate) button: Button,
    /// Where the button leads.
    pub(crate) target: Navigate,
}

/// The cards for what one environment's cycle brought: one a kind, however many there are.
pub(crate) fn cards(env: &str, notices: &[Notice]) -> Vec<Card> {
    let all = [
        conflicts(env, notices),
        rejected(env, notices),
        refused_runs(env, notices),
        overwritten(env, notices),
        runs(env, notices),
        sign_in(env, notices),
        not_allowed(env, notices),
    ];
    all.into_iter().flatten().collect()
}

fn conflicts(env: &str, notices: &[Notice]) -> Option<Card> {
    let keys = keys(notices, |notice| match notice {
        Notice::Conflict { key, .. } => Some(key),
        _ => None,
    });
    let (summary, key) = match keys.as_slice() {
        [] => return None,
        [key] => (format!("1 conflict needs you: {key}"), Some((*key).to_owned())),
        many => (format!("{} conflicts need you", many.len()), None),
    };
    let were = if keys.len() == 1 { "was" } else { "were" };
    let body = format!(
        "{} {were} changed elsewhere too. Your work is kept on this computer: decide what stays.",
        list(&keys)
    );
    Some(card(env, summary, &body, RESOLVE, Screen::Conflicts, key))
}

fn rejected(env: &str, notices: &[Notice]) -> Option<Card> {
    let keys = keys(notices, |notice| match notice {
        Notice::Rejected { key, .. } => Some(key),
        _ => None,
    });
    let (summary, key) = match keys.as_slice() {
        [] => return None,
        [key] => (
            format!("The change of {key} was refused"),
            Some((*key).to_owned()),
        ),
        many => (format!("{} changes were refused", many.len()), None),
    };
    let body = format!("{}: kept on this computer, with the reason.", list(&keys));
    Some(card(env, summary, &body, OPEN, Screen::Pending, key))
}

fn refused_runs(env: &str, notices: &[Notice]) -> Option<Card> {
    let refused: Vec<_> = notices
        .iter()
        .filter_map(|notice| match notice {
            Notice::RunRefused { dag_id, why } => Some((dag_id.as_str(), why.as_str())),
            _ => None,
        })
        .collect();
    let (summary, body) = match refused.as_slice() {
        [] => return None,
        [(dag_id, why)] => (format!("Your run of {dag_id} was refused"), (*why).to_owned()),
        many => {
            let dags: Vec<_> = many.iter().map(|(dag_id, _)| *dag_id).collect();
            (format!("{} runs were refused", many.len()), list(&dags))
        }
    };
    Some(card(env, summary, &body, FIX, Screen::Runs, None))
}

fn overwritten(env: &str, notices: &[Notice]) -> Option<Card> {
    let keys = keys(notices, |notice| match notice {
        Notice::MayBeOverwritten { key, .. } => Some(key),
        _ => None,
    });
    let (summary, key) = match keys.as_slice() {
        [] => return None,
        [key] => (
            format!("{key} may have been overwritten"),
            Some((*key).to_owned()),
        ),
        many => (format!("{} records may have been overwritten", many.len()), None),
    };
    let body = format!(
        "{}: somebody else wrote it in Airflow in the same moment as you. What was there is in its history.",
        list(&keys)
    );
    // The list of records, where the history is.
    Some(card(env, summary, &body, OPEN, Screen::Overview, key))
}

fn runs(env: &str, notices: &[Notice]) -> Option<Card> {
    let ended: Vec<_> = notices.iter().filter_map(as_run).collect();
    match ended.as_slice() {
        [] => None,
        [(dag_id, run_id, state)] => {
            let summary = format!("Your run of {dag_id} {}", outcome(state));
            let key = Some((*run_id).to_owned());
            Some(card(env, summary, run_id, OPEN, Screen::Runs, key))
        }
        many => {
            let lines: Vec<_> = many
                .iter()
                .map(|(dag_id, _, state)| format!("{dag_id} {}", outcome(state)))
                .collect();
            let summary = format!("{} of your runs ended", many.len());
            Some(card(env, summary, &lines.join("\n"), OPEN, Screen::Runs, None))
        }
    }
}

fn sign_in(env: &str, notices: &[Notice]) -> Option<Card> {
    notices.contains(&Notice::SignInNeeded).then(|| {
        let body = "Your changes are kept on this computer and go out when you have signed in.";
        let summary = format!("Sign in to {env} again");
        card(env, summary, body, SIGN_IN, Screen::Overview, None)
    })
}

fn not_allowed(env: &str, notices: &[Notice]) -> Option<Card> {
    let what = notices.iter().find_map(|notice| match notice {
        Notice::NotAllowed { what } => Some(what),
        _ => None,
    })?;
    let body = format!("{what} Your changes are kept on this computer.");
    let summary = format!("Your account in {env} lacks a permission");
    Some(card(env, summary, &body, OPEN, Screen::Overview, None))
}

fn card(env: &str, summary: String, body: &str, button: Button, to: Screen, key: Option<String>) -> Card {
    Card {
        summary,
        body: format!("{body}\n{env}"),
        button,
        target: Navigate {
            env: env.into(),
            to,
            key,
        },
    }
}

fn keys<'a>(notices: &'a [Notice], key: impl Fn(&'a Notice) -> Option<&'a String>) -> Vec<&'a str> {
    notices.iter().filter_map(key).map(String::as_str).collect()
}

/// Keys in one line, the first three of them.
fn list(keys: &[&str]) -> String {
    const NAMED: usize = 3;
    match keys {
        few if few.len() <= NAMED => few.join(", "),
        many => format!("{} and {} more", many[..NAMED].join(", "), many.len() - NAMED),
    }
}

fn as_run(notice: &Notice) -> Option<(&str, &str, &str)> {
    match notice {
        Notice::RunEnded {
            dag_id,
            run_id,
            state,
        } => Some((dag_id, run_id, state)),
        _ => None,
    }
}

fn outcome(state: &str) -> String {
    match state {
        "success" => "succeeded".into(),
        "failed" => "failed".into(),
        other => format!("ended: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conflict(key: &str) -> Notice {
        Notice::Conflict {
            collection: "variables".into(),
            key: key.into(),
        }
    }

    fn ended(dag_id: &str, state: &str) -> Notice {
        Notice::RunEnded {
            dag_id: dag_id.into(),
            run_id: format!("run of {dag_id}"),
            state: state.into(),
        }
    }

    #[test]
    fn one_conflict_leads_to_its_record() {
        let cards = cards("prod", &[conflict("limit")]);
        assert_eq!(cards.len(), 1);
        assert_eq!(cards[0].summary, "1 conflict needs you: limit");
        assert_eq!(cards[0].button, RESOLVE);
        let target = Navigate {
            env: "prod".into(),
            to: Screen::Conflicts,
            key: Some("limit".into()),
        };
        assert_eq!(cards[0].target, target);
    }

    #[test]
    fn several_conflicts_are_one_card_that_leads_to_the_list() {
        let many: Vec<_> = ["a", "b", "c", "d", "e"].map(conflict).into();
        let cards = cards("prod", &many);
        assert_eq!(cards.len(), 1);
        assert_eq!(cards[0].summary, "5 conflicts need you");
        assert!(
            cards[0]
                .body
                .starts_with("a, b, c and 2 more were changed elsewhere too."),
            "{}",
            cards[0].body
        );
        assert_eq!(cards[0].target.key, None);
    }

    #[test]
    fn each_kind_has_its_own_card() {
        let notices = [conflict("a"), ended("load", "failed"), Notice::SignInNeeded];
        let summaries: Vec<_> = cards("prod", &notices)
            .into_iter()
            .map(|card| card.summary)
            .collect();
        assert_eq!(
            summaries,
            [
                "1 conflict needs you: a",
                "Your run of load failed",
                "Sign in to prod again"
            ]
        );
    }

    #[test]
    fn a_refused_run_says_why_and_leads_to_the_runs() {
        let refused = |dag_id: &str| Notice::RunRefused {
            dag_id: dag_id.into(),
            why: "region must be EU or US.".into(),
        };
        let one = cards("prod", &[refused("load")]);
        assert_eq!(one[0].summary, "Your run of load was refused");
        assert_eq!(one[0].body, "region must be EU or US.\nprod");
        assert_eq!((one[0].button, one[0].target.to), (FIX, Screen::Runs));
        let two = cards("prod", &[refused("load"), refused("mail")]);
        assert_eq!(two.len(), 1);
        assert_eq!(two[0].summary, "2 runs were refused");
        assert_eq!(two[0].body, "load, mail\nprod");
    }

    #[test]
    fn a_permission_that_is_missing_says_what_to_do() {
        let what = "Leeward could not list the variables: your user is not allowed. Ask for it.".to_owned();
        let cards = cards("prod", &[Notice::NotAllowed { what }]);
        assert_eq!(cards[0].summary, "Your account in prod lacks a permission");
        assert!(
            cards[0].body.contains("Ask for it. Your changes are kept"),
            "{}",
            cards[0].body
        );
    }

    #[test]
    fn a_possible_overwrite_leads_to_the_record_with_its_history() {
        let notice = Notice::MayBeOverwritten {
            collection: "variables".into(),
            key: "limit".into(),
            by: Some("bob".into()),
        };
        let cards = cards("prod", &[notice]);
        assert_eq!(cards[0].summary, "limit may have been overwritten");
        assert_eq!(
            (cards[0].target.to, cards[0].target.key.as_deref()),
            (Screen::Overview, Some("limit"))
        );
    }

    #[test]
    fn several_runs_are_listed_with_how_each_ended() {
        let cards = cards("prod", &[ended("load", "success"), ended("mail", "failed")]);
        assert_eq!(cards[0].summary, "2 of your runs ended");
        assert_eq!(cards[0].body, "load succeeded\nmail failed\nprod");
    }
}
