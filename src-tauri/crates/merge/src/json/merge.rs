//! Three-way merge of JSON: objects by key, arrays by their items' key where they have one, the rest as a whole.

use super::read::{self, Member, Node, Token};
use super::render::{Out, OutMember, render};
use super::{Members, by_key, equal, numbers_equal, numbers_same, pointer_token};

/// What the merge of two texts comes to.
pub(crate) enum TextMerge {
    /// The sides have no parts that could be told apart: they merge as a whole or not at all.
    Apart,
    /// The same place changed on both sides: its JSON Pointers.
    Clash(Vec<String>),
    /// Both sides' changes, as text.
    Merged(String),
}

/// Merges `[base_typed, base_seen, local, remote]`. The analyst's changes are counted from `base_typed` to `local`,
/// Airflow's from `base_seen` to `remote`: the two bases mean the same, but Airflow's reads are lossy.
pub(crate) fn merge_texts(texts: [&str; 4], item_key: Option<&str>) -> TextMerge {
    let [Some(base_typed), Some(base_seen), Some(local), Some(remote)] = texts.map(container) else {
        return TextMerge::Apart;
    };
    let mut merging = Merging {
        item_key,
        clashes: Vec::new(),
    };
    let Some(merged) = merging.parts([&base_typed, &base_seen, &local, &remote], "") else {
        return TextMerge::Apart;
    };
    if !merging.clashes.is_empty() {
        return TextMerge::Clash(merging.clashes);
    }
    let [_, _, local_text, remote_text] = texts;
    let mut text = local_text[..local.span.start].to_owned();
    render(&merged, local_text, remote_text, &mut text);
    text.push_str(&local_text[local.span.end..]);
    TextMerge::Merged(text)
}

/// The text as an object or array in which no key is repeated at any depth: which of two would an edit mean?
fn container(text: &str) -> Option<Node<'_>> {
    let node = read::read(text)?;
    (super::is_container(&node) && unique_keys(&node)).then_some(node)
}

fn unique_keys(node: &Node<'_>) -> bool {
    match &node.token {
        Token::Array(items) => items.iter().all(unique_keys),
        Token::Object(members) => {
            by_key(members).len() == members.len() && members.iter().all(|member| unique_keys(&member.value))
        }
        _ => true,
    }
}

/// A merge under way.
pub(super) struct Merging<'k> {
    pub(super) item_key: Option<&'k str>,
    /// JSON Pointers of the places that clash.
    pub(super) clashes: Vec<String>,
}

/// One place on all sides (base as typed, base as seen, local, remote); `None` where a side has nothing there.
pub(super) type Place<'n, 't> = [Option<&'n Node<'t>>; 4];

impl Merging<'_> {
    /// Merges values by their parts; `None` where they have none, or are of different sorts.
    fn parts<'n, 't>(&mut self, sides: [&'n Node<'t>; 4], path: &str) -> Option<Out<'n, 't>> {
        match sides.map(|side| &side.token) {
            [
                Token::Object(a),
                Token::Object(b),
                Token::Object(local),
                Token::Object(remote),
            ] => {
                let by_key = [a, b, local, remote].map(|side| by_key(side));
                Some(self.members(sides[2], local, remote, &by_key, path))
            }
            _ => self.items(sides, path),
        }
    }

    fn members<'n, 't>(
        &mut self,
        node: &'n Node<'t>,
        local: &'n [Member<'t>],
        remote: &'n [Member<'t>],
        sides: &[Members<'n, 't>; 4],
        path: &str,
    ) -> Out<'n, 't> {
        let only_remote = remote
            .iter()
            .filter(|member| !sides[2].contains_key(member.key.as_slice()));
        let ours = local.iter().map(|member| (member, true));
        let mut members = Vec::new();
        for (member, is_ours) in ours.chain(only_remote.map(|member| (member, false))) {
            let key = member.key.as_slice();
            let place = sides.each_ref().map(|side| side.get(key).copied());
            let path = format!("{path}/{}", pointer_token(key));
            if let Some(value) = self.place(place, &path) {
                members.push(OutMember {
                    member,
                    is_ours,
                    value,
                });
            }
        }
        Out::Object { local: node, members }
    }

    /// One place; `None` when nothing is to be there, or it clashes.
    pub(super) fn place<'n, 't>(&mut self, place: Place<'n, 't>, path: &str) -> Option<Out<'n, 't>> {
        let [base_typed, base_seen, local, remote] = place;
        if same(remote, base_seen) {
            return local.map(Out::Local);
        }
        if same(local, base_typed) {
            return remote.map(Out::Remote);
        }
        let merged = match (base_typed, base_seen, local, remote) {
            (_, _, Some(local), Some(remote)) if equal(local, remote, numbers_equal) => {
                Some(Out::Local(local))
            }
            (Some(base_typed), Some(base_seen), Some(local), Some(remote)) => {
                self.parts([base_typed, base_seen, local, remote], path)
            }
            _ => None,
        };
        if merged.is_none() {
            self.clashes.push(path.to_owned());
        }
        merged
    }
}

fn same(a: Option<&Node<'_>>, b: Option<&Node<'_>>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => equal(a, b, numbers_same),
        _ => false,
    }
}
