//! Claims about what a session of the role can do: invoke the targets, and nothing else.

use rolecall_iam::arn::FunctionArn;
use rolecall_iam::document::Effect;
use rolecall_iam::text::Form;

use crate::model::{Model, Scope};
use crate::script::{Check, Compiled, Contents, Script, asked, compile, nothing_allows};
use crate::smt::{and, not, or};
use crate::statement::{covers, resource_is};
use crate::{Claim, Encoding, Named, Part, Policies, Subject};

const ENCODINGS: [Encoding; 2] = [Encoding::Parts, Encoding::Whole];
const INVOKE: &str = "lambda:invokefunction";
/// The name of the policy that says what a session may do besides.
const STATED: &str = "the stated intent";
const IS_INVOKE: &str = "(= action \"lambda:invokefunction\")";

/// The scripts for the claim that a permissions boundary by itself allows nothing but what the role is for.
#[must_use]
pub fn boundary_certificates(boundary: Named<'_>, subject: &Subject) -> Vec<Script> {
    let alone = Policies { identity: vec![boundary], boundary: None };
    scripts_of(&alone, subject, Claim::Boundary)
}

pub(crate) fn scripts(policies: &Policies<'_>, subject: &Subject) -> Vec<Script> {
    scripts_of(policies, subject, Claim::OnlyTargets)
}

fn scripts_of(policies: &Policies<'_>, subject: &Subject, only: Claim) -> Vec<Script> {
    let targets = match &subject.targets {
        Some(targets) => targets.iter().map(FunctionArn::to_string).collect(),
        None if subject.allowance.is_some() => Vec::new(),
        None => named(policies),
    };
    let stated = subject.allowance.as_ref().map(|document| Named { name: STATED, document });
    let documents: Vec<Named<'_>> =
        policies.identity.iter().chain(&policies.boundary).copied().chain(stated).collect();
    let question = Question { policies, subject, documents: &documents, targets: &targets, only };
    let mut scripts: Vec<Script> =
        ENCODINGS.iter().filter_map(|encoding| question.only_targets(*encoding)).collect();
    scripts.push(question.vacuity());
    if only == Claim::OnlyTargets {
        scripts.extend(ENCODINGS.iter().filter_map(|encoding| question.every_target(*encoding)));
    }
    scripts
}

/// Functions that an `Allow` of the invocation names in full.
fn named(policies: &Policies<'_>) -> Vec<String> {
    let statements = policies.identity.iter().flat_map(|named| named.document.statements());
    let mut found: Vec<String> = Vec::new();
    let allows =
        statements.filter(|statement| statement.effect == Effect::Allow && covers(&statement.action, INVOKE));
    let clauses = allows.filter_map(|statement| statement.resource.as_ref()).filter(|clause| !clause.negated);
    for value in clauses.flat_map(|clause| &clause.values) {
        let raw = value.text.raw();
        let is_function = *value.text.form() == Form::Literal && raw.parse::<FunctionArn>().is_ok();
        if is_function && !found.iter().any(|known| known == raw) {
            found.push(raw.to_owned());
        }
    }
    found
}

struct Question<'q> {
    policies: &'q Policies<'q>,
    subject: &'q Subject,
    documents: &'q [Named<'q>],
    targets: &'q [String],
    /// The claim that there is nothing else.
    only: Claim,
}

impl<'q> Question<'q> {
    fn model(&self, encoding: Encoding) -> Model<'q> {
        let role = self.subject.role.as_ref();
        let partition = role.map_or_else(|| "aws".to_owned(), |role| role.partition.to_string());
        let (counts, decimals) = asked(self.documents.iter().map(|named| named.document));
        Model::new(encoding, Scope::Session, partition, role, counts, decimals)
    }

    /// What a session may do besides invoking the targets: each use by its definition and its place.
    fn stated(&self, compiled: &Compiled) -> Vec<(String, String)> {
        let last = compiled.allows.last().filter(|_| self.subject.allowance.is_some());
        last.cloned().unwrap_or_default()
    }

    /// Whether each of them has one reading only: what is stated must not be taken for more than it says.
    fn is_stated_exactly(&self, encoding: Encoding) -> bool {
        self.subject.allowance.as_ref().is_none_or(|document| {
            compile(&mut self.model(encoding), &[Named { name: STATED, document }]).is_exact
        })
    }

    /// What is meant, in words: `invoke` and the targets, and what is stated besides.
    fn meant(&self, invoke: &str, besides: &str) -> String {
        let statements = self.subject.allowance.as_ref().map_or(0, |document| document.statements().len());
        let targets = (!self.targets.is_empty() || statements == 0)
            .then(|| format!("{invoke} {}", self.targets.join(", ")));
        let stated =
            (statements > 0).then(|| format!("{besides}what the {statements} statements of {STATED} allow"));
        targets.into_iter().chain(stated).collect::<Vec<_>>().join(", and ")
    }

    /// The `Allow` statements of the identity policies, and what the boundary must say besides.
    fn split(&self, compiled: &Compiled) -> (Vec<(String, String)>, String) {
        let count = self.policies.identity.len();
        let identity = compiled.allows.iter().take(count).flatten().cloned().collect();
        let boundary = match self.policies.boundary {
            None => "true".to_owned(),
            Some(_) => or(compiled.allows.get(count).into_iter().flatten().map(|(name, _)| name.clone())),
        };
        (identity, boundary)
    }

    /// A request that is allowed and does not invoke a target: one check for each `Allow` of the identity policies.
    fn only_targets(&self, encoding: Encoding) -> Option<Script> {
        if !self.is_stated_exactly(encoding) {
            return None;
        }
        let mut model = self.model(encoding);
        let compiled = compile(&mut model, self.documents);
        let (identity, boundary) = self.split(&compiled);
        let targets = or(self.targets.iter().map(|target| resource_is(encoding, target)));
        let invokes = and([IS_INVOKE.to_owned(), targets]);
        let stated: Vec<String> = self.stated(&compiled).into_iter().map(|(name, _)| name).collect();
        let asserted = vec![
            ("Not denied".to_owned(), "(not denied)".to_owned()),
            ("The permissions boundary allows".to_owned(), boundary),
            match stated.is_empty() {
                true => ("Something else than invoking a target".to_owned(), not(invokes)),
                false => {
                    let meant = or(std::iter::once(invokes).chain(stated));
                    ("Something that is neither the invocation of a target nor stated".to_owned(), not(meant))
                }
            },
        ];
        let mut checks: Vec<Check> = identity
            .into_iter()
            .map(|(name, place)| Check { asks: format!("{place} allows"), terms: vec![name] })
            .collect();
        if checks.is_empty() {
            checks.push(nothing_allows());
        }
        let who = if self.only == Claim::Boundary {
            "the permissions boundary lets a session"
        } else {
            "a session can"
        };
        let sentence = format!("{who} do nothing but {}", self.meant("invoke", ""));
        let about = (self.only, Part::Proof(encoding));
        Some(self.write(model, &compiled, about, sentence, asserted, checks))
    }

    /// An invocation of a target that is refused: one check for each target. Only where every statement has a single reading.
    fn every_target(&self, encoding: Encoding) -> Option<Script> {
        let mut model = self.model(encoding);
        let compiled = compile(&mut model, self.documents);
        let stated = self.stated(&compiled);
        if !compiled.is_exact || (self.targets.is_empty() && stated.is_empty()) {
            return None;
        }
        let (identity, boundary) = self.split(&compiled);
        let allowed = and([or(identity.into_iter().map(|(name, _)| name)), boundary]);
        let mut asserted = vec![("It is refused".to_owned(), or([not(allowed), "denied".to_owned()]))];
        let invocation = ("The invocation".to_owned(), IS_INVOKE.to_owned());
        // Where more is meant than invocations, each check says what it is about.
        let each = match stated.is_empty() {
            true => {
                asserted.insert(0, invocation);
                None
            }
            false => Some(IS_INVOKE.to_owned()),
        };
        let of_target = |target: &String| Check {
            asks: format!("{target} cannot be invoked"),
            terms: each.iter().cloned().chain([resource_is(encoding, target)]).collect(),
        };
        let of_use = |(name, place): (String, String)| Check {
            asks: format!("something that {place} allows cannot be done"),
            terms: vec![name],
        };
        let checks = self.targets.iter().map(of_target).chain(stated.into_iter().map(of_use)).collect();
        let sentence = format!("a session can {}", self.meant("invoke each of", "do "));
        Some(self.write(
            model,
            &compiled,
            (Claim::EveryTarget, Part::Proof(encoding)),
            sentence,
            asserted,
            checks,
        ))
    }

    fn vacuity(&self) -> Script {
        let mut model = self.model(Encoding::Parts);
        let compiled = compile(&mut model, self.documents);
        let (identity, boundary) = self.split(&compiled);
        let first_use = self.stated(&compiled).into_iter().next().filter(|_| self.targets.is_empty());
        let (asserted, asks) = match first_use {
            Some((name, place)) => {
                (vec![("A use".to_owned(), name)], format!("something that {place} allows is allowed"))
            }
            None => {
                let invocation = ("The invocation".to_owned(), IS_INVOKE.to_owned());
                let target = self.targets.first();
                let target =
                    target.map(|target| ("A target".to_owned(), resource_is(Encoding::Parts, target)));
                let asks = "the invocation of a target is allowed".to_owned();
                (std::iter::once(invocation).chain(target).collect(), asks)
            }
        };
        let allowed = or(identity.into_iter().map(|(name, _)| name));
        let checks = vec![
            Check { asks: "the assumptions can be met".to_owned(), terms: Vec::new() },
            Check { asks, terms: vec![allowed, boundary, "(not denied)".to_owned()] },
        ];
        let sentence = "the assumptions of the other two files do not contradict each other".to_owned();
        self.write(model, &compiled, (self.only, Part::Vacuity), sentence, asserted, checks)
    }

    fn write(
        &self,
        mut model: Model<'_>,
        compiled: &Compiled,
        (claim, part): (Claim, Part),
        sentence: String,
        asserted: Vec<(String, String)>,
        checks: Vec<Check>,
    ) -> Script {
        let definitions = request(&mut model, compiled);
        Contents { claim, part, sentence, documents: self.documents, definitions, asserted, checks }
            .write(&model)
    }
}

/// The request and the statements. The action comes before the keys: whether a call is encrypted follows from it.
pub(crate) fn request(model: &mut Model<'_>, compiled: &Compiled) -> String {
    let action = "; --- The request: an action in lower case\n(declare-const action String)\n";
    format!("{action}{}{}{}", model.declarations(), action_and_resource(model.encoding), compiled.text)
}

/// What the action and the resource of the request are like. Names of functions: Lambda API Reference, Invoke.
fn action_and_resource(encoding: Encoding) -> String {
    let letters = "(re.union (re.range \"a\" \"z\") (re.range \"0\" \"9\"))";
    let label = "(re.union (re.range \"a\" \"z\") (re.range \"0\" \"9\") (str.to_re \"-\"))";
    let name = "(re.union (re.range \"a\" \"z\") (re.range \"A\" \"Z\") (re.range \"0\" \"9\") (str.to_re \"-\") (str.to_re \"_\"))";
    let qualifier = format!(
        "(re.opt (re.++ (str.to_re \":\") (re.+ (re.union {name} (str.to_re \"$\") (str.to_re \".\")))))"
    );
    let function = format!("(re.++ (str.to_re \"function:\") (re.+ {name}) {qualifier})");
    let partition = "(re.++ (str.to_re \"aws\") (re.* (re.union (re.range \"a\" \"z\") (re.range \"A\" \"Z\") (re.range \"0\" \"9\") (str.to_re \"-\"))))";
    let no_colon = "(re.union (re.range \"\\u{0}\" \"9\") (re.range \";\" \"\\u{2ffff}\"))";
    let mut text = format!(
        "; --- The action and the resource\n\
         (assert (str.in_re action (re.++ (re.+ {label}) (str.to_re \":\") (re.+ {letters}))))\n"
    );
    match encoding {
        Encoding::Parts => {
            text.push_str("; The resource: * where r_none holds, else arn:r_partition:r_service:r_region:r_account:r_name\n");
            text.push_str("(declare-const r_none Bool)\n");
            for part in ["r_partition", "r_service", "r_region", "r_account"] {
                text.push_str(&format!(
                    "(declare-const {part} String)\n(assert (str.in_re {part} (re.* {no_colon})))\n"
                ));
            }
            text.push_str("(declare-const r_name String)\n");
            text.push_str(&format!(
                "(assert (=> {IS_INVOKE} (and (not r_none) (str.in_re r_partition {partition}) (= r_service \"lambda\") \
                 (str.in_re r_region (re.+ {label})) (str.in_re r_account digits_12) (str.in_re r_name {function}))))\n"
            ));
        }
        Encoding::Whole => {
            text.push_str("; The resource: * or an ARN\n(declare-const resource String)\n");
            text.push_str(&format!(
                "(assert (or (= resource \"*\") (str.in_re resource (re.++ (str.to_re \"arn:\") ((_ re.^ 4) (re.++ (re.* {no_colon}) (str.to_re \":\"))) re.all))))\n"
            ));
            text.push_str(&format!(
                "(assert (=> {IS_INVOKE} (str.in_re resource (re.++ (str.to_re \"arn:\") {partition} (str.to_re \":lambda:\") (re.+ {label}) \
                 (str.to_re \":\") digits_12 (str.to_re \":\") {function}))))\n"
            ));
        }
    }
    text
}
