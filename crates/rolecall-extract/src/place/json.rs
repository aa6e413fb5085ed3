//! The places of the values in a JSON text.

use std::ops::Range;

use super::{MAX_DEPTH, Node, Shape};

/// The values of a text; none where it is not JSON.
pub(super) fn tree(text: &str) -> Option<Node> {
    let mut scanner = Scanner { text, at: 0 };
    let node = scanner.node(MAX_DEPTH)?;
    scanner.space();
    (scanner.at == text.len()).then_some(node)
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Goes past this letter, where it is the next one.
    fn take(&mut self, letter: u8) -> Option<()> {
        self.space();
        (self.peek()? == letter).then(|| self.at += 1)
    }

    fn node(&mut self, levels: usize) -> Option<Node> {
        self.space();
        let start = self.at;
        let shape = match self.peek()? {
            b'{' => self.members(levels.checked_sub(1)?)?,
            b'[' => self.items(levels.checked_sub(1)?)?,
            b'"' => Shape::Text(self.string()?),
            _ => {
                while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
                    self.at += 1;
                }
                (self.at > start).then_some(Shape::Other)?
            }
        };
        Some(Node { range: start..self.at, shape })
    }

    fn members(&mut self, levels: usize) -> Option<Shape> {
        self.take(b'{')?;
        let mut members = Vec::new();
        if self.take(b'}').is_some() {
            return Some(Shape::Members(members));
        }
        loop {
            self.space();
            let key = self.string()?;
            self.take(b':')?;
            members.push((key, self.node(levels)?));
            if self.take(b',').is_none() {
                self.take(b'}')?;
                return Some(Shape::Members(members));
            }
        }
    }

    fn items(&mut self, levels: usize) -> Option<Shape> {
        self.take(b'[')?;
        let mut items = Vec::new();
        if self.take(b']').is_some() {
            return Some(Shape::Items(items));
        }
        loop {
            items.push(self.node(levels)?);
            if self.take(b',').is_none() {
                self.take(b']')?;
                return Some(Shape::Items(items));
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        (self.peek()? == b'"').then_some(())?;
        loop {
            self.at += 1;
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 1,
                _ => {}
            }
        }
        self.at += 1;
        let raw: &'t str = self.text.get(start..self.at)?;
        serde_json::from_str(raw).ok()
    }
}

/// From the bytes that a JSON string says to the bytes in which it is written.
pub(super) struct Offsets(Vec<usize>);

impl Offsets {
    /// Of the string in this range of a text, quotes included.
    pub(super) fn of(text: &str, range: &Range<usize>) -> Option<Self> {
        let raw = text.get(range.clone())?.strip_prefix('"')?.strip_suffix('"')?;
        let start = range.start + 1;
        let mut offsets = Vec::with_capacity(raw.len() + 1);
        let mut at = 0;
        while let Some(first) = raw.get(at..)?.chars().next() {
            let (written, said) = match first {
                '\\' => escape(raw.get(at..)?)?,
                plain => (plain.len_utf8(), plain.len_utf8()),
            };
            offsets.extend(std::iter::repeat_n(start + at, said));
            at += written;
        }
        offsets.push(start + raw.len());
        Some(Self(offsets))
    }

    /// The bytes in which this range is written.
    pub(super) fn outer(&self, inner: &Range<usize>) -> Option<Range<usize>> {
        Some(*self.0.get(inner.start)?..*self.0.get(inner.end)?)
    }
}

/// How many bytes an escape has, and how many the character that it says.
fn escape(text: &str) -> Option<(usize, usize)> {
    let unit = |at: usize| u32::from_str_radix(text.get(at + 2..at + 6)?, 16).ok();
    match text.as_bytes().get(1)? {
        b'u' => match unit(0)? {
            // The first half of a pair; a half by itself is not JSON text that was read.
            0xd800..=0xdbff => Some((12, 4)),
            unit => Some((6, char::from_u32(unit)?.len_utf8())),
        },
        _ => Some((2, 1)),
    }
}
