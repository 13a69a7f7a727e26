//! How workbooks spell what XML cannot hold: `_x000D_` is a carriage return (ECMA-376 part 1, 22.9.2.19).

/// The text that is meant.
pub(crate) fn unescape(text: &str) -> String {
    let mut meant = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("_x") {
        let (before, behind) = rest.split_at(start);
        meant.push_str(before);
        match letter(behind) {
            Some((letter, behind)) => {
                meant.push(letter);
                rest = behind;
            }
            None => {
                meant.push('_');
                rest = &behind[1..];
            }
        }
    }
    meant.push_str(rest);
    meant
}

/// The character that a text begins with in this spelling, and what stands behind it.
fn letter(text: &str) -> Option<(char, &str)> {
    let digits = text.get(2..6)?;
    let behind = text.get(6..)?.strip_prefix('_')?;
    let number = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let letter = u32::from_str_radix(digits, 16)
        .ok()
        .filter(|_| number)
        .and_then(char::from_u32)?;
    Some((letter, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_escapes_are_meant() {
        for (text, meant) in [
            ("a_x000D_b", "a\rb"),
            ("_x005F_x000D_", "_x000D_"),
            ("_x00_ _xZZZZ_ _x", "_x00_ _xZZZZ_ _x"),
            ("_xD800_", "_xD800_"),
            ("snake_xyz_case", "snake_xyz_case"),
            ("_xé000_", "_xé000_"),
        ] {
            assert_eq!(unescape(text), meant);
        }
    }
}
