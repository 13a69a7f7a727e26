//! Arrays whose items have keys: item by item, in an order that both sides can agree on.

use super::merge::Merging;
use super::read::{Member, Node, Token};
use super::render::{Out, OutItem};
use std::collections::{BTreeMap, BTreeSet};

/// What tells an item from the others: a text, or an integer as it is spelled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum ItemKey {
    Text(Vec<u16>),
    Integer(String),
}

impl ItemKey {
    fn of(item: &Node<'_>, name: &[u16]) -> Option<Self> {
        let Token::Object(members) = &item.token else {
            return None;
        };
        let found = members.iter().find(|member: &&Member<'_>| member.key == name)?;
        match &found.value.token {
            Token::Text(units) => Some(Self::Text(units.clone())),
            Token::Number(number) if super::is_integer(number) => Some(Self::Integer((*number).to_owned())),
            _ => None,
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Text(units) => super::pointer_token(units),
            Self::Integer(number) => number.clone(),
        }
    }
}

/// An array's items by key, and their order.
struct Items<'n, 't> {
    order: Vec<ItemKey>,
    by_key: BTreeMap<ItemKey, &'n Node<'t>>,
}

impl<'n, 't> Items<'n, 't> {
    /// `None` unless every item is an object with a key of its own.
    fn of(node: &'n Node<'t>, name: &[u16]) -> Option<Self> {
        let Token::Array(items) = &node.token else {
            return None;
        };
        let mut order = Vec::with_capacity(items.len());
        let mut by_key = BTreeMap::new();
        for item in items {
            let key = ItemKey::of(item, name)?;
            order.push(key.clone());
            if by_key.insert(key, item).is_some() {
                return None;
            }
        }
        Some(Self { order, by_key })
    }

    fn get(&self, key: &ItemKey) -> Option<&'n Node<'t>> {
        self.by_key.get(key).copied()
    }
}

impl Merging<'_> {
    /// Merges four arrays item by item; `None` where their items have no keys. A clash inside gives an empty merge and
    /// is on the list of clashes.
    pub(super) fn items<'n, 't>(&mut self, sides: [&'n Node<'t>; 4], path: &str) -> Option<Out<'n, 't>> {
        let name: Vec<u16> = self.item_key?.encode_utf16().collect();
        let [base_typed, base_seen, local, remote] = sides.map(|side| Items::of(side, &name));
        let sides_by_key = [base_typed?, base_seen?, local?, remote?];
        let [base, _, local, remote] = &sides_by_key;
        let Some(order) = agreed_order(&base.order, &local.order, &remote.order) else {
            self.clashes.push(path.to_owned());
            return Some(Out::Array {
                local: sides[2],
                items: Vec::new(),
            });
        };
        let mut items = Vec::new();
        for key in &order {
            let place = sides_by_key.each_ref().map(|side| side.get(key));
            let path = format!("{path}/{}={}", super::pointer_token(&name), key.show());
            if let Some(value) = self.place(place, &path) {
                items.push(OutItem {
                    local: local.get(key),
                    value,
                });
            }
        }
        Some(Out::Array {
            local: sides[2],
            items,
        })
    }
}

/// The order of all items of both sides: that of the side which moved items, with what the other side added after the
/// item that it follows there. `None` where both moved items, apart.
fn agreed_order(base: &[ItemKey], local: &[ItemKey], remote: &[ItemKey]) -> Option<Vec<ItemKey>> {
    let [in_base, in_local, in_remote] =
        [base, local, remote].map(|side| side.iter().collect::<BTreeSet<_>>());
    let stays = |key: &&ItemKey| in_base.contains(key) && in_local.contains(key) && in_remote.contains(key);
    let [was, here, there] = [base, local, remote].map(|side| side.iter().filter(stays).collect::<Vec<_>>());
    if there == was || there == here {
        Some(interleave(local, remote, &in_local))
    } else if here == was {
        Some(interleave(remote, local, &in_remote))
    } else {
        None
    }
}

fn interleave(lead: &[ItemKey], follow: &[ItemKey], in_lead: &BTreeSet<&ItemKey>) -> Vec<ItemKey> {
    let mut added = added_after(follow, in_lead);
    let in_follow: BTreeSet<&ItemKey> = follow.iter().collect();
    let mut order = Vec::new();
    let mut waiting = added.remove(&None).unwrap_or_default();
    for key in lead {
        // What the lead added at the same place comes first.
        if in_follow.contains(key) {
            order.append(&mut waiting);
            waiting = added.remove(&Some(key)).unwrap_or_default();
        }
        order.push(key.clone());
    }
    order.append(&mut waiting);
    order
}

/// The items that only `follow` has, by the common item that they come after there.
fn added_after<'k>(
    follow: &'k [ItemKey],
    in_lead: &BTreeSet<&ItemKey>,
) -> BTreeMap<Option<&'k ItemKey>, Vec<ItemKey>> {
    let mut added: BTreeMap<_, Vec<ItemKey>> = BTreeMap::new();
    let mut anchor = None;
    for key in follow {
        if in_lead.contains(key) {
            anchor = Some(key);
        } else {
            added.entry(anchor).or_default().push(key.clone());
        }
    }
    added
}
