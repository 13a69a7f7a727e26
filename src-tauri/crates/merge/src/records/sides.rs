//! Three records side by side.

use leeward_model::{Fields, Value, secret_id, sensitive};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy)]
pub(super) struct Sides<'r> {
    pub(super) base: Option<&'r Fields>,
    pub(super) local: Option<&'r Fields>,
    pub(super) remote: Option<&'r Fields>,
}

/// A field of a record that may be absent.
pub(super) fn field_of<'r>(side: Option<&'r Fields>, name: &str) -> Option<&'r Value> {
    side?.get(name)
}

impl<'r> Sides<'r> {
    fn all(&self) -> impl Iterator<Item = &'r Fields> + use<'r> {
        [self.base, self.local, self.remote].into_iter().flatten()
    }

    /// Whether there is a record on any side.
    pub(super) fn any(&self) -> bool {
        self.all().next().is_some()
    }

    /// The names of all fields; one may come more than once.
    pub(super) fn names(&self) -> impl Iterator<Item = &'r String> + use<'r> {
        self.all().flat_map(BTreeMap::keys)
    }

    /// The fields that are secret on some side.
    pub(super) fn sealed(&self) -> BTreeSet<String> {
        let secret = self
            .all()
            .flatten()
            .filter(|(name, value)| is_secret(name, value));
        secret.map(|(name, _)| name.clone()).collect()
    }

    /// Secrets that the local record changed: what nobody may look at cannot be merged.
    pub(super) fn locked(&self, sealed: &BTreeSet<String>) -> Vec<String> {
        let is_changed = |name: &&String| {
            let mine = field_of(self.local, name);
            mine != field_of(self.base, name) && mine != field_of(self.remote, name)
        };
        let names = sealed.iter().filter(|_| self.local.is_some());
        names.filter(is_changed).cloned().collect()
    }
}

/// Airflow's rule, for a field: a text under a sensitive name, a mask, or something inside that is one of these.
fn is_secret(name: &str, value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => !sensitive::sensitive_paths(name, text).is_empty(),
        Value::Array(_) | Value::Object(_) => {
            let named = serde_json::json!({ name: value }).to_string();
            secret_id(value).is_some() || !sensitive::sensitive_paths("", &named).is_empty()
        }
    }
}
