//! Three-way merge of JSON objects by key, written in the analyst's formatting.

use super::read::{self, Member, Node, Token};
use super::{Members, by_key, equal, numbers_equal, numbers_same};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What the merge of two texts comes to.
pub(crate) enum TextMerge {
    /// Not all sides are JSON objects with unique keys: they merge as a whole or not at all.
    NotObjects,
    /// The same place changed on both sides: its JSON Pointers.
    Clash(Vec<String>),
    /// Both sides' changes, as text.
    Merged(String),
}

/// Merges objects. The analyst's changes are counted from `base_typed` to `local`, Airflow's from `base_seen` to
/// `remote`: the two bases mean the same, but Airflow's reads are lossy.
pub(crate) fn merge_texts(base_typed: &str, base_seen: &str, local: &str, remote: &str) -> TextMerge {
    let sides = [base_typed, base_seen, local, remote].map(object);
    let [
        Some(base_typed),
        Some(base_seen),
        Some(local_node),
        Some(remote_node),
    ] = sides
    else {
        return TextMerge::NotObjects;
    };
    let mut clashes = Vec::new();
    let sides = Sides {
        base_typed: members(&base_typed),
        base_seen: members(&base_seen),
        local: members(&local_node),
        remote: members(&remote_node),
    };
    let merged = merge_members(&local_node, &remote_node, &sides, "", &mut clashes);
    if !clashes.is_empty() {
        return TextMerge::Clash(clashes);
    }
    let mut text = local[..local_node.span.start].to_owned();
    render(&merged, local, remote, &mut text);
    text.push_str(&local[local_node.span.end..]);
    TextMerge::Merged(text)
}

/// The text as an object in which no key is repeated at any depth: which of two would an edit mean?
fn object(text: &str) -> Option<Node<'_>> {
    let node = read::read(text)?;
    (matches!(node.token, Token::Object(_)) && unique_keys(&node)).then_some(node)
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

struct Sides<'n, 't> {
    base_typed: Members<'n, 't>,
    base_seen: Members<'n, 't>,
    local: Members<'n, 't>,
    remote: Members<'n, 't>,
}

fn members<'n, 't>(node: &'n Node<'t>) -> Members<'n, 't> {
    by_key(list(node))
}

fn list<'n, 't>(node: &'n Node<'t>) -> &'n [Member<'t>] {
    match &node.token {
        Token::Object(members) => members,
        _ => &[],
    }
}

/// The merged value, as references into the two texts.
enum Out<'n, 't> {
    Local(&'n Node<'t>),
    Remote(&'n Node<'t>),
    Object {
        local: &'n Node<'t>,
        members: Vec<OutMember<'n, 't>>,
    },
}

struct OutMember<'n, 't> {
    /// The member in the local text, or else in the remote one.
    local: Option<&'n Member<'t>>,
    remote: Option<&'n Member<'t>>,
    value: Out<'n, 't>,
}

fn merge_members<'n, 't>(
    local: &'n Node<'t>,
    remote: &'n Node<'t>,
    sides: &Sides<'n, 't>,
    path: &str,
    clashes: &mut Vec<String>,
) -> Out<'n, 't> {
    let only_remote = list(remote)
        .iter()
        .filter(|member| !sides.local.contains_key(member.key.as_slice()));
    let ours = list(local).iter().map(|member| (Some(member), None));
    let theirs = only_remote.map(|member| (None, Some(member)));
    let mut members = Vec::new();
    for (local, remote) in ours.chain(theirs) {
        let Some(key) = local.or(remote).map(|member: &Member<'_>| member.key.as_slice()) else {
            continue;
        };
        let path = format!("{path}/{}", pointer_token(key));
        if let Some(value) = merge_member(key, sides, &path, clashes) {
            members.push(OutMember { local, remote, value });
        }
    }
    Out::Object { local, members }
}

/// A key in a JSON Pointer. A lone surrogate has no text of its own; its stand-in is shown.
fn pointer_token(key: &[u16]) -> String {
    String::from_utf16_lossy(key)
        .replace('~', "~0")
        .replace('/', "~1")
}

/// One member; `None` when it is to be absent, or clashes.
fn merge_member<'n, 't>(
    key: &[u16],
    sides: &Sides<'n, 't>,
    path: &str,
    clashes: &mut Vec<String>,
) -> Option<Out<'n, 't>> {
    let get = |side: &Members<'n, 't>| side.get(key).copied();
    let (base_typed, base_seen) = (get(&sides.base_typed), get(&sides.base_seen));
    let (local, remote) = (get(&sides.local), get(&sides.remote));
    if same(remote, base_seen) {
        return local.map(Out::Local);
    }
    if same(local, base_typed) {
        return remote.map(Out::Remote);
    }
    match (base_typed, base_seen, local, remote) {
        (_, _, Some(local), Some(remote)) if equal(local, remote, numbers_equal) => Some(Out::Local(local)),
        (Some(base_typed), Some(base_seen), Some(local), Some(remote))
            if [base_typed, base_seen, local, remote]
                .iter()
                .all(|node| is_object(node)) =>
        {
            let sides = Sides {
                base_typed: members(base_typed),
                base_seen: members(base_seen),
                local: members(local),
                remote: members(remote),
            };
            Some(merge_members(local, remote, &sides, path, clashes))
        }
        _ => {
            clashes.push(path.to_owned());
            None
        }
    }
}

fn is_object(node: &Node<'_>) -> bool {
    matches!(node.token, Token::Object(_))
}

fn same(a: Option<&Node<'_>>, b: Option<&Node<'_>>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => equal(a, b, numbers_same),
        _ => false,
    }
}

fn render(out: &Out<'_, '_>, local: &str, remote: &str, text: &mut String) {
    match out {
        Out::Local(node) => text.push_str(&local[node.span.clone()]),
        Out::Remote(node) => text.push_str(&remote[node.span.clone()]),
        Out::Object { local: node, members } => render_object(node, members, local, remote, text),
    }
}

/// An object in the analyst's layout: their opening, separators and closing, around the members that remain.
fn render_object(
    node: &Node<'_>,
    members: &[OutMember<'_, '_>],
    local: &str,
    remote: &str,
    text: &mut String,
) {
    if members.is_empty() {
        text.push_str("{}");
        return;
    }
    let layout = Layout::of(node, local);
    text.push_str(layout.opening);
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            text.push_str(layout.separator_before(member.local));
        }
        match (member.local, member.remote) {
            (Some(own), _) => text.push_str(&local[own.start..own.value.span.start]),
            (None, Some(theirs)) => {
                text.push_str(&remote[theirs.start..theirs.key_end]);
                text.push_str(layout.colon);
            }
            (None, None) => {}
        }
        render(&member.value, local, remote, text);
    }
    text.push_str(layout.closing);
}

struct Layout<'t> {
    /// From `{` to the first member.
    opening: &'t str,
    /// What stands before each member but the first, by where the member starts.
    separators: BTreeMap<usize, &'t str>,
    /// For a member that has none: one that comes from Airflow, or that was first.
    separator: Cow<'t, str>,
    /// Between a key and its value.
    colon: &'t str,
    /// From the last member to `}`.
    closing: &'t str,
}

impl<'t> Layout<'t> {
    fn of(node: &Node<'_>, text: &'t str) -> Self {
        let members = list(node);
        let (Some(first), Some(last)) = (members.first(), members.last()) else {
            return Self {
                opening: "{",
                separators: BTreeMap::new(),
                separator: Cow::Borrowed(", "),
                colon: ": ",
                closing: "}",
            };
        };
        let pairs = members.iter().zip(&members[1..]);
        let separators: BTreeMap<_, _> = pairs
            .map(|(before, after)| (after.start, &text[before.value.span.end..after.start]))
            .collect();
        let opening = &text[node.span.start..first.start];
        let usual = separators.values().next_back().copied().map(Cow::Borrowed);
        let colon = &text[first.key_end..first.value.span.start];
        Self {
            opening,
            separator: usual.unwrap_or_else(|| Self::separator_like(opening, colon)),
            separators,
            colon,
            closing: &text[last.value.span.end..node.span.end],
        }
    }

    /// An object of one member shows no separator: one on its own line is followed by another, as far in.
    fn separator_like(opening: &str, colon: &str) -> Cow<'t, str> {
        match (opening.contains('\n'), colon.ends_with(' ')) {
            (true, _) => Cow::Owned(opening.replacen('{', ",", 1)),
            (false, true) => Cow::Borrowed(", "),
            (false, false) => Cow::Borrowed(","),
        }
    }

    fn separator_before(&self, own: Option<&Member<'_>>) -> &str {
        own.and_then(|member| self.separators.get(&member.start).copied())
            .unwrap_or(&self.separator)
    }
}
