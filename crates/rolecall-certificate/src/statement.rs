//! A statement as a definition: `Action`, `Principal`, `Resource`, `Condition`.

use rolecall_iam::document::{ActionPattern, Clause, Effect, ResourcePattern, Statement};
use serde_json::Value as Json;

use crate::Encoding;
use crate::cut::{Alphabet, Piece, cut};
use crate::model::{Model, Scope};
use crate::pattern::{Reach, Token, arn_language, arn_parts, matches, plain, wild};
use crate::smt::{Bound, TRUE, and, comment, equal, in_language, not, or};

/// A translated statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Translated {
    /// Its elements, each with what the document says.
    parts: Vec<(String, String)>,
}

impl Translated {
    /// The statement as a definition of this name.
    pub(crate) fn define(&self, name: &str, scope: Scope) -> String {
        let parameters = match scope {
            Scope::Trust => "((action String) (main Bool))",
            Scope::Session | Scope::Function => "()",
        };
        let mut text = format!("(define-fun {name} {parameters} Bool (and true\n");
        for (says, term) in &self.parts {
            text.push_str(&format!("  ; {}\n  {term}\n", comment(says)));
        }
        text.push_str("))\n");
        text
    }
}

impl Model<'_> {
    /// Whether a statement matches. An `Allow` is read as widely as its meaning is open, a `Deny` as narrowly.
    pub(crate) fn statement(
        &mut self,
        statement: &Statement,
        source: Option<&Json>,
        bound: Bound,
    ) -> Translated {
        let says = |element: &str| {
            let complement = format!("Not{element}");
            [element, complement.as_str()]
                .into_iter()
                .find_map(|name| Some(format!("{name}: {}", source?.get(name)?)))
                .unwrap_or_else(|| format!("{element}: none"))
        };
        self.covers_token_calls = ["sts:assumerolewithsaml", "sts:assumerolewithwebidentity"]
            .iter()
            .any(|action| covers(&statement.action, action));
        let mut parts = vec![(says("Action"), self.action(&statement.action, bound))];
        parts.push((
            says("Principal"),
            match (self.scope, &statement.principal) {
                (Scope::Session, None) => TRUE.to_owned(),
                (Scope::Trust | Scope::Function, Some(clause)) => self.principal(clause, bound),
                (Scope::Session, Some(_)) | (Scope::Trust | Scope::Function, None) => {
                    self.loosen("`Principal` is missing, or is not allowed here");
                    bound.unknown()
                }
            },
        ));
        match (self.scope, &statement.resource) {
            (Scope::Trust, None) => {}
            (Scope::Session | Scope::Function, Some(clause)) => {
                parts.push((says("Resource"), self.resource(clause, bound)));
            }
            (Scope::Trust, Some(_)) | (Scope::Session | Scope::Function, None) => {
                self.loosen("`Resource` is missing, or is not allowed here");
                parts.push((says("Resource"), bound.unknown()));
            }
        }
        for condition in &statement.conditions {
            let says = || {
                let values = source?.get("Condition")?.get(&*condition.operator_name)?;
                Some(format!(
                    "{} {}: {}",
                    condition.operator_name,
                    condition.key,
                    values.get(condition.key.written())?
                ))
            };
            let said = says().unwrap_or_else(|| format!("{} {}", condition.operator_name, condition.key));
            parts.push((said, self.condition(condition, bound)));
        }
        Translated { parts }
    }

    /// IAM User Guide, "Policy elements: Action": case does not count; `*` and `?` stand in the name. The script holds
    /// actions in lower case.
    fn action(&mut self, clause: &Clause<ActionPattern>, bound: Bound) -> String {
        let inner = if clause.negated { bound.flip() } else { bound };
        let mut ways = Vec::new();
        for pattern in &clause.values {
            let raw = pattern.raw().to_ascii_lowercase();
            let tokens = wild(&raw);
            let service_is_plain =
                raw.split_once(':').is_some_and(|(service, _)| !service.contains(['*', '?']));
            ways.push(if raw == "*" {
                TRUE.to_owned()
            } else if !raw.contains(['*', '?']) || service_is_plain {
                matches("action", &tokens, Reach::Everything, None)
            } else {
                // IAM accepts no wildcard before the colon; what an old document means by one is not documented.
                self.loosen("a wildcard in the service of an action");
                match inner {
                    Bound::Over => matches("action", &tokens, Reach::Everything, None),
                    Bound::Under => inner.unknown(),
                }
            });
        }
        if clause.negated { not(or(ways)) } else { or(ways) }
    }

    /// IAM User Guide, "Policy elements: Resource": a `*` at the end of a part "can expand to match beyond the colon
    /// boundaries"; what other wildcards do there is not documented. So an `Allow` is read with wildcards that cross
    /// colons, a `Deny` without.
    fn resource(&mut self, clause: &Clause<ResourcePattern>, bound: Bound) -> String {
        let inner = if clause.negated { bound.flip() } else { bound };
        let mut ways = Vec::new();
        for pattern in &clause.values {
            let Some(filled) = self.fill(&pattern.text) else {
                ways.push(inner.unknown());
                continue;
            };
            let covers = self.resource_matches(&filled.tokens, inner);
            ways.push(match filled.resolved {
                None => covers,
                Some(resolved) if clause.negated => {
                    self.loosen("a variable without a value in `NotResource`");
                    match inner {
                        Bound::Over => or([not(resolved), covers]),
                        Bound::Under => and([resolved, covers]),
                    }
                }
                Some(resolved) => and([resolved, covers]),
            });
        }
        if clause.negated { not(or(ways)) } else { or(ways) }
    }

    fn resource_matches(&mut self, tokens: &[Token], bound: Bound) -> String {
        if tokens == [Token::AnyRun] {
            return TRUE.to_owned();
        }
        // Without wildcards in the first five parts both readings are the same.
        let plain = |token: &Token| matches!(token, Token::Exactly(_));
        let is_settled = tokens.iter().all(plain)
            || arn_parts(tokens).is_some_and(|[word, partition, service, region, account, _]| {
                [word, partition, service, region, account].into_iter().all(|part| part.iter().all(plain))
            });
        if is_settled || bound == Bound::Over {
            return self.resource_as_text(tokens);
        }
        self.loosen("a wildcard in one of the first five parts of a resource's ARN");
        let Some(parts) = arn_parts(tokens) else { return bound.unknown() };
        match self.encoding {
            Encoding::Whole => in_language("resource", &arn_language(&parts)),
            Encoding::Parts => {
                let names = ["\"arn\"", "r_partition", "r_service", "r_region", "r_account", "r_name"];
                let each = names.iter().zip(parts).map(|(name, part)| {
                    let reach = if *name == "r_name" { Reach::Everything } else { Reach::WithinPart };
                    matches(name, part, reach, None)
                });
                and(std::iter::once(not("r_none".to_owned())).chain(each))
            }
        }
    }

    fn resource_as_text(&self, tokens: &[Token]) -> String {
        match self.encoding {
            Encoding::Whole => matches("resource", tokens, Reach::Everything, None),
            Encoding::Parts => {
                let none = matches("\"*\"", tokens, Reach::Everything, None);
                let some = cut(tokens, &resource_pieces())
                    .unwrap_or_else(|| matches(RESOURCE_TEXT, tokens, Reach::Everything, None));
                format!("(ite r_none {none} {some})")
            }
        }
    }
}

/// Whether an element may cover an action, given in lower case.
pub(crate) fn covers(clause: &Clause<ActionPattern>, action: &str) -> bool {
    let text = [Piece::Text(action.to_owned())];
    let any = clause.values.iter().any(|pattern| {
        cut(&wild(&pattern.raw().to_ascii_lowercase()), &text).is_some_and(|term| term == TRUE)
    });
    any != clause.negated
}

/// The resource of a request as one string, made of its parts.
const RESOURCE_TEXT: &str =
    "(str.++ \"arn:\" r_partition \":\" r_service \":\" r_region \":\" r_account \":\" r_name)";

fn resource_pieces() -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut before = "arn:";
    for name in ["r_partition", "r_service", "r_region", "r_account"] {
        pieces.push(Piece::Text(before.to_owned()));
        pieces.push(Piece::Value { name, alphabet: Alphabet::NoColon });
        before = ":";
    }
    pieces.push(Piece::Text(":".to_owned()));
    pieces.push(Piece::Value { name: "r_name", alphabet: Alphabet::Anything });
    pieces
}

/// Whether the resource is this ARN.
pub(crate) fn resource_is(encoding: Encoding, arn: &str) -> String {
    match encoding {
        Encoding::Whole => equal("resource", &crate::smt::literal(arn)),
        Encoding::Parts => {
            let term = cut(&plain(arn), &resource_pieces()).unwrap_or_default();
            and([not("r_none".to_owned()), term])
        }
    }
}

/// The bound by which a statement is read for a claim that something is impossible.
pub(crate) fn bound_of(effect: Effect) -> Bound {
    match effect {
        Effect::Allow => Bound::Over,
        Effect::Deny => Bound::Under,
    }
}
