//! The places that the page marks: bytes of the text become the units in which a browser counts.

use std::ops::Range;

use rolecall_extract::{DocumentPlaces, Owner, Places, RoleDocuments, Side};
use rolecall_iam::document::Document;
use rolecall_iam::lint::Finding;
use rolecall_prove::claim::Claim;
use rolecall_prove::reasons::{deciding, document_of};
use serde::Serialize;

/// A stretch of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Mark {
    /// Where it starts, in UTF-16 units from the start of the text.
    pub start: usize,
    pub end: usize,
    /// The line on which it starts, from one.
    pub line: usize,
}

/// A text whose stretches can be marked.
pub(crate) struct Marker<'t> {
    text: &'t str,
    places: Option<&'t Places<'t>>,
    documents: Option<DocumentPlaces<'t>>,
    /// Units before the text, which the page has and the text has not: a byte order mark.
    before: usize,
    /// The line starts: in bytes, and in units.
    lines: Vec<(usize, usize)>,
}

impl<'t> Marker<'t> {
    /// `places` are those of the text.
    pub(crate) fn of(text: &'t str, places: Option<&'t Places<'t>>, before: usize) -> Self {
        let mut lines = vec![(0, 0)];
        let mut units = 0;
        for line in text.split_inclusive('\n') {
            let start = lines.last().map_or(0, |(bytes, _)| *bytes);
            units += line.encode_utf16().count();
            lines.push((start + line.len(), units));
        }
        Self { text, places, documents: places.map(Places::documents), before, lines }
    }

    /// The statements that decide what the witness of a claim shows.
    pub(crate) fn of_claim(&self, role: &RoleDocuments, claim: &Claim) -> Vec<Mark> {
        let Some(request) = claim.request() else { return Vec::new() };
        let deciding = deciding(role, claim.kind(), request);
        let marks =
            deciding.iter().filter_map(|it| self.statement(role, it.policy, it.document, it.statement));
        sorted(marks.collect())
    }

    /// The statement that a finding is about.
    pub(crate) fn of_finding(&self, role: &RoleDocuments, finding: &Finding) -> Vec<Mark> {
        let Finding { document: name, statement, .. } = finding;
        let found = statement
            .as_ref()
            .and_then(|statement| self.statement(role, name, document_of(role, name)?, statement.index));
        found.into_iter().collect()
    }

    /// The value at a JSON pointer.
    pub(crate) fn of_pointer(&self, pointer: &str) -> Option<Mark> {
        self.mark(&self.places?.at(pointer)?)
    }

    /// One place of the text, where a line and a column in bytes are known, both from one.
    pub(crate) fn of_column(&self, line: usize, column: usize) -> Option<Mark> {
        let (start, _) = self.lines.get(line.checked_sub(1)?)?;
        let mut at = start.checked_add(column.saturating_sub(1))?.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let end = at + self.text.get(at..)?.chars().next().map_or(0, char::len_utf8);
        self.mark(&(at..end))
    }

    fn statement(
        &self,
        role: &RoleDocuments,
        policy: &str,
        document: &Document,
        index: usize,
    ) -> Option<Mark> {
        let arn = role.arn.as_ref().map(ToString::to_string);
        // The very same document: a policy can be called anything.
        let is_trust = matches!(&role.trust, Side::Known(trust) if std::ptr::eq(trust, document));
        let inline = policy.strip_prefix("inline policy ");
        let inline = inline.map(|rest| rest.rsplit_once(" of ").map_or(rest, |(name, _)| name));
        let names: Vec<&str> =
            [role.role_name.as_deref(), arn.as_deref(), inline].into_iter().flatten().collect();
        let owner = Owner { role: &role.name, policy: (!is_trust).then_some(policy), names: &names };
        let ranges = self.documents.as_ref()?.statements(document, &owner)?;
        self.mark(ranges.get(index)?)
    }

    fn mark(&self, range: &Range<usize>) -> Option<Mark> {
        let (start, line) = self.units(range.start)?;
        let (end, _) = self.units(range.end)?;
        Some(Mark { start, end, line })
    }

    /// The units before a byte, and its line.
    fn units(&self, byte: usize) -> Option<(usize, usize)> {
        let after = self.lines.partition_point(|(start, _)| *start <= byte);
        let (start, units) = self.lines.get(after.checked_sub(1)?)?;
        let within = self.text.get(*start..byte)?.encode_utf16().count();
        Some((self.before + units + within, after))
    }
}

fn sorted(mut marks: Vec<Mark>) -> Vec<Mark> {
    marks.sort_unstable();
    marks.dedup();
    marks
}
