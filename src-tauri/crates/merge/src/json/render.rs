//! A merge written down in the analyst's formatting.

use super::read::{Member, Node, Token};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// The merged value, as references into the two texts.
pub(super) enum Out<'n, 't> {
    Local(&'n Node<'t>),
    Remote(&'n Node<'t>),
    Object {
        /// The analyst's object, whose layout is kept.
        local: &'n Node<'t>,
        members: Vec<OutMember<'n, 't>>,
    },
    Array {
        /// The analyst's array, whose layout is kept.
        local: &'n Node<'t>,
        items: Vec<OutItem<'n, 't>>,
    },
}

pub(super) struct OutMember<'n, 't> {
    /// In the analyst's text, or else in Airflow's.
    pub(super) member: &'n Member<'t>,
    pub(super) is_ours: bool,
    pub(super) value: Out<'n, 't>,
}

pub(super) struct OutItem<'n, 't> {
    /// In the analyst's text, if it is there.
    pub(super) local: Option<&'n Node<'t>>,
    pub(super) value: Out<'n, 't>,
}

pub(super) fn render(out: &Out<'_, '_>, local: &str, remote: &str, text: &mut String) {
    match out {
        Out::Local(node) => text.push_str(&local[node.span.clone()]),
        Out::Remote(node) => text.push_str(&remote[node.span.clone()]),
        Out::Object { members, .. } if members.is_empty() => text.push_str("{}"),
        Out::Array { items, .. } if items.is_empty() => text.push_str("[]"),
        Out::Object { local: node, members } => render_object(node, members, local, remote, text),
        Out::Array { local: node, items } => render_array(node, items, local, remote, text),
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
    let layout = Layout::of(node, local);
    text.push_str(layout.opening);
    for (
        index,
        OutMember {
            member,
            is_ours,
            value,
        },
    ) in members.iter().enumerate()
    {
        if index > 0 {
            text.push_str(layout.separator_before(is_ours.then_some(member.start)));
        }
        if *is_ours {
            text.push_str(&local[member.start..member.value.span.start]);
        } else {
            text.push_str(&remote[member.start..member.key_end]);
            text.push_str(layout.colon);
        }
        render(value, local, remote, text);
    }
    text.push_str(layout.closing);
}

fn render_array(node: &Node<'_>, items: &[OutItem<'_, '_>], local: &str, remote: &str, text: &mut String) {
    let layout = Layout::of(node, local);
    text.push_str(layout.opening);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push_str(layout.separator_before(item.local.map(|own| own.span.start)));
        }
        render(&item.value, local, remote, text);
    }
    text.push_str(layout.closing);
}

struct Layout<'t> {
    /// From the bracket to the first part.
    opening: &'t str,
    /// What stands before each part but the first, by where the part starts.
    separators: BTreeMap<usize, &'t str>,
    /// For a part that has none: one that comes from Airflow, or that was first.
    separator: Cow<'t, str>,
    /// Between a key and its value.
    colon: &'t str,
    /// From the last part to the bracket.
    closing: &'t str,
}

impl<'t> Layout<'t> {
    fn of(node: &Node<'_>, text: &'t str) -> Self {
        let parts = parts(node);
        let colon = colon(node, text);
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
            return Self::plain(node);
        };
        let pairs = parts.iter().zip(&parts[1..]);
        let separators: BTreeMap<_, _> = pairs
            .map(|(before, after)| (after.start, &text[before.end..after.start]))
            .collect();
        let opening = &text[node.span.start..first.start];
        let usual = separators.values().next_back().copied().map(Cow::Borrowed);
        Self {
            opening,
            separator: usual.unwrap_or_else(|| separator_like(opening, colon)),
            separators,
            colon,
            closing: &text[last.end..node.span.end],
        }
    }

    /// There is no layout to keep: Python's own.
    fn plain(node: &Node<'_>) -> Self {
        let (opening, closing) = match node.token {
            Token::Array(_) => ("[", "]"),
            _ => ("{", "}"),
        };
        Self {
            opening,
            separators: BTreeMap::new(),
            separator: Cow::Borrowed(", "),
            colon: ": ",
            closing,
        }
    }

    /// The separator before the part that starts there in the analyst's text.
    fn separator_before(&self, own: Option<usize>) -> &str {
        own.and_then(|start| self.separators.get(&start).copied())
            .unwrap_or(&self.separator)
    }
}

/// Where the members or items stand.
fn parts(node: &Node<'_>) -> Vec<Range<usize>> {
    match &node.token {
        Token::Object(members) => members
            .iter()
            .map(|member| member.start..member.value.span.end)
            .collect(),
        Token::Array(items) => items.iter().map(|item| item.span.clone()).collect(),
        _ => Vec::new(),
    }
}

/// What stands between a key and its value: of the first member, or of the first item's first.
fn colon<'t>(node: &Node<'_>, text: &'t str) -> &'t str {
    match &node.token {
        Token::Array(items) => items.first().map_or(": ", |item| colon(item, text)),
        Token::Object(members) => members
            .first()
            .map_or(": ", |member| &text[member.key_end..member.value.span.start]),
        _ => ": ",
    }
}

/// One part alone shows no separator: one on its own line is followed by another, as far in.
fn separator_like<'t>(opening: &str, colon: &str) -> Cow<'t, str> {
    match (opening.contains('\n'), colon.ends_with(' ')) {
        (true, _) => Cow::Owned(format!(",{}", &opening[1..])),
        (false, true) => Cow::Borrowed(", "),
        (false, false) => Cow::Borrowed(","),
    }
}
