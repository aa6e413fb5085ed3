//! Values: such as a condition asks for, and such as it does not.

use rolecall_iam::context::ContextValue;

use super::super::asked::{Asked, Family, Statement};
use super::super::knowledge::{ACCOUNTS, NAMES, flipped, near_miss};
use super::cuts::{is_account, is_name};
use super::shape::{Shape, presence};
use super::{Drawer, Facts, Kind, one};

impl Drawer<'_> {
    pub(super) fn pick(&mut self, own: &[String], other: &[&str]) -> String {
        if !own.is_empty() && self.dice.roll(5) < 3 {
            self.dice.pick(own).clone()
        } else {
            (*self.dice.pick(other)).to_owned()
        }
    }

    pub(super) fn fresh_account(&mut self) -> String {
        (0..12).map(|_| char::from(b'0' + u8::try_from(self.dice.roll(10)).unwrap())).collect()
    }

    pub(super) fn account(&mut self) -> String {
        match self.dice.roll(8) {
            0..=2 => self.fresh_account(),
            3 => {
                let near = self.pick(&self.cuts.accounts, &ACCOUNTS);
                Some(near_miss(&mut self.dice, &near)).filter(|text| is_account(text)).unwrap_or(near)
            }
            4 => self.pick(&self.constants.accounts, &ACCOUNTS),
            _ => self.pick(&self.cuts.accounts, &ACCOUNTS),
        }
    }

    /// A name of a user, a role or a session.
    pub(super) fn name(&mut self, sessions: bool) -> String {
        let own = if sessions { &self.cuts.sessions } else { &self.cuts.names };
        let name = match self.dice.roll(6) {
            0 => self.pick(&self.constants.names, &NAMES),
            1 => {
                let near = self.pick(own, &NAMES);
                near_miss(&mut self.dice, &near)
            }
            2 => (*self.dice.pick(&NAMES)).to_owned(),
            _ => self.pick(own, &NAMES),
        };
        if is_name(&name, if sessions { 2 } else { 1 }) { name } else { "zz".to_owned() }
    }

    /// A text for a value of a document: variables by what is known, wildcards by something that fits.
    pub(super) fn instance(&mut self, value: &str, family: Family, known: &Facts) -> String {
        let mut text = String::new();
        let mut rest = value;
        while let Some(character) = rest.chars().next() {
            if let Some((inside, after)) = rest
                .strip_prefix("${")
                .and_then(|tail| tail.split_once('}'))
                .filter(|_| family != Family::Other)
            {
                rest = after;
                match inside {
                    "*" | "?" | "$" => text.push_str(inside),
                    _ => {
                        let (key, default) = inside.split_once(',').unwrap_or((inside, ""));
                        match known.get(&key.trim().to_ascii_lowercase()) {
                            Some(ContextValue::One(known)) => text.push_str(known),
                            _ => text.push_str(default.trim().trim_matches('\'')),
                        }
                    }
                }
                continue;
            }
            rest = &rest[character.len_utf8()..];
            match character {
                '*' if family == Family::Wild => {
                    let first = text.is_empty();
                    let after = text.ends_with("::");
                    text.push_str(&self.run(first, after));
                }
                '?' if family == Family::Wild => {
                    let fill = if text.ends_with(':') || text.ends_with(|last: char| last.is_ascii_digit()) {
                        *self.dice.pick(&['3', '0'])
                    } else {
                        *self.dice.pick(&['x', '7', ':', 'Z'])
                    };
                    text.push(fill);
                }
                other => text.push(other),
            }
        }
        if family == Family::Blind && self.dice.one_in(2) { flipped(&text) } else { text }
    }

    /// What a `*` stands for.
    pub(super) fn run(&mut self, first: bool, account: bool) -> String {
        if first && self.dice.one_in(2) {
            let account = self.account();
            let kind = *self.dice.pick(&["role", "user"]);
            return format!("arn:aws:iam::{account}:{kind}/");
        }
        match self.dice.roll(if account { 12 } else { 6 }) {
            0 => String::new(),
            1 => "x".to_owned(),
            2 => self.name(false),
            3 => "a/b".to_owned(),
            4 => "aws:iam::123123123123:user/".to_owned(),
            5 => (*self.dice.pick(&["team", "/x:y/", "arn:aws", "123123123123"])).to_owned(),
            _ => self.account(),
        }
    }

    /// A value that meets a condition, as far as one can tell from the condition alone. `None` is absence.
    pub(super) fn meeting(&mut self, asked: &Asked, shape: Shape, known: &Facts) -> Option<String> {
        let Asked { operator, key: _, values } = asked;
        if (operator.negated || operator.forgiving) && self.dice.one_in(3) {
            return None;
        }
        if operator.family == Family::Null {
            return (values.first().map(String::as_str) == Some("false")).then(|| self.of_shape(shape));
        }
        if values.is_empty() {
            return None;
        }
        let value = self.dice.pick(values).clone();
        if operator.negated {
            return Some(match self.dice.roll(3) {
                0 => {
                    let instance = self.instance(&value, operator.family, known);
                    near_miss(&mut self.dice, &instance)
                }
                _ => self.of_shape(shape),
            });
        }
        Some(match operator.family {
            Family::Text | Family::Wild | Family::Blind => self.instance(&value, operator.family, known),
            Family::Number => self.number(&value, shape),
            Family::Date => self.date(&value, shape),
            Family::Address => self.address(&value),
            Family::Bool | Family::Binary | Family::Null | Family::Other => value,
        })
    }

    pub(super) fn number(&mut self, value: &str, shape: Shape) -> String {
        let Ok(number) = value.parse::<i64>() else { return value.to_owned() };
        let number = number.saturating_add([-1, 0, 0, 1, 10][self.dice.roll(5)]);
        match shape {
            Shape::Account => format!("{number:012}"),
            _ if self.dice.one_in(5) => format!("{number:04}"),
            _ => number.to_string(),
        }
    }

    pub(super) fn date(&mut self, value: &str, shape: Shape) -> String {
        let at = value.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second);
        let at = at.or_else(|| {
            format!("{value}T00:00:00Z").parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
        });
        let Some(at) = at.or_else(|| value.parse().ok()) else { return value.to_owned() };
        let at = at.saturating_add([-86_400, -1, 0, 0, 1, 86_400][self.dice.roll(6)]);
        if shape == Shape::Account {
            return format!("{at:012}");
        }
        if shape == Shape::Time || !shape.fits("1767225600") || self.dice.one_in(3) {
            return jiff::Timestamp::from_second(at)
                .map_or_else(|_| value.to_owned(), |time| time.to_string());
        }
        at.to_string()
    }

    pub(super) fn address(&mut self, value: &str) -> String {
        let Ok(network) = value.parse::<ipnet::IpNet>() else { return value.to_owned() };
        if self.dice.one_in(2) { network.network().to_string() } else { network.broadcast().to_string() }
    }

    pub(super) fn of_shape(&mut self, shape: Shape) -> String {
        (*self.dice.pick(shape.usual())).to_owned()
    }

    /// A value of a key: one that meets a condition on it, or not.
    pub(super) fn value(
        &mut self,
        key: &str,
        kind: Kind,
        through: Option<&Statement>,
        known: &Facts,
    ) -> ContextValue {
        let (may_lack, may_have, shape) = presence(key, kind);
        if !may_have {
            return ContextValue::Absent;
        }
        let of_through: Vec<&Asked> = through
            .into_iter()
            .flat_map(|statement| &statement.conditions)
            .filter(|asked| asked.key == key)
            .collect();
        let all: Vec<&Asked> = self.cuts.conditions().filter(|asked| asked.key == key).collect();
        let chosen = if !of_through.is_empty() && !self.dice.one_in(6) {
            Some(*self.dice.pick(&of_through))
        } else if !all.is_empty() && self.dice.one_in(2) {
            Some(*self.dice.pick(&all))
        } else {
            None
        };
        let wanted = match chosen {
            Some(asked) => self.meeting(asked, shape, known),
            None if may_lack && self.dice.one_in(2) => None,
            None => Some(self.of_shape(shape)),
        };
        match wanted {
            None if may_lack => ContextValue::Absent,
            Some(text) if shape.fits(&text) => one(text),
            Some(_) | None => one(self.of_shape(shape)),
        }
    }

    /// A text that a resource pattern covers.
    pub(in super::super) fn resource(&mut self, pattern: &str, known: &Facts) -> String {
        self.instance(pattern, Family::Wild, known)
    }
}
