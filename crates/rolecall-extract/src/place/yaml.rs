//! The places of the values in a YAML text.

use granit_parser::{Event, Parser, Span, StrInput, Tag};

use super::{MAX_DEPTH, Node, Shape};

/// The values of a text; none where it is not YAML, or has anchors.
pub(super) fn tree(text: &str) -> Option<Node> {
    let mut reader = Reader(Parser::new_from_str(text));
    loop {
        match reader.next()? {
            (Event::StreamStart | Event::DocumentStart(..), _) => {}
            (event, span) => return reader.node(event, span, MAX_DEPTH),
        }
    }
}

struct Reader<'t>(Parser<'t, StrInput<'t>>);

impl<'t> Reader<'t> {
    fn next(&mut self) -> Option<(Event<'t>, Span)> {
        self.0.next_event()?.ok()
    }

    fn node(&mut self, event: Event<'t>, span: Span, levels: usize) -> Option<Node> {
        let start = span.start.byte_offset()?;
        // The end of a block is where the next token begins; what stands in it ends before.
        let mut end = span.end.byte_offset()?.max(start);
        let (shape, tag) = match event {
            Event::Scalar(text, _, _, tag) => (Shape::Text(text.into_owned()), tag),
            Event::SequenceStart(_, _, tag) => {
                let levels = levels.checked_sub(1)?;
                let mut items = Vec::new();
                loop {
                    let (event, span) = self.next()?;
                    if event == Event::SequenceEnd {
                        end = end.max(closed(&span)?);
                        break;
                    }
                    let item = self.node(event, span, levels)?;
                    end = end.max(item.range.end);
                    items.push(item);
                }
                (Shape::Items(items), tag)
            }
            Event::MappingStart(_, _, tag) => {
                let levels = levels.checked_sub(1)?;
                let mut members = Vec::new();
                loop {
                    let key = match self.next()? {
                        (Event::MappingEnd, span) => {
                            end = end.max(closed(&span)?);
                            break;
                        }
                        (Event::Scalar(key, ..), _) => key.into_owned(),
                        _ => return None,
                    };
                    let (event, span) = self.next()?;
                    let member = self.node(event, span, levels)?;
                    end = end.max(member.range.end);
                    members.push((key, member));
                }
                (Shape::Members(members), tag)
            }
            _ => return None,
        };
        let shape = if tag.as_deref().is_some_and(is_function) { Shape::Computed } else { shape };
        Some(Node { range: start..end, shape })
    }
}

/// Where a collection that is closed by a bracket ends. One that ends with its indentation ends with what is in it: there the
/// event has no width.
fn closed(span: &Span) -> Option<usize> {
    let (start, end) = (span.start.byte_offset()?, span.end.byte_offset()?);
    Some(if end > start { end } else { 0 })
}

/// Whether the tag is a function of CloudFormation, such as `!Sub`.
fn is_function(tag: &Tag) -> bool {
    tag.handle() == "!" && !tag.suffix().is_empty()
}
