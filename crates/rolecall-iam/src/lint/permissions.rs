//! Findings about what a session of the role can do.

use std::collections::{HashMap, HashSet};

use super::{Change, Edit, Finding, FindingId, Remedy, StatementPlace};
use crate::arn::FunctionArn;
use crate::context::Context;
use crate::document::{Document, Effect, Statement};
use crate::evaluate::{Request, UNRESTRICTED};
use crate::pattern::{Budget, Language, Pattern};
use crate::prove::{PROOF_BUDGET, Permissions, Placed, RoleIntent, Session, Witness, readable};
use crate::truth::Truth;

const INVOKE: &str = "lambda:InvokeFunction";

/// Actions by which a session gets more than it was given.
const ESCALATIONS: [&str; 12] = [
    "iam:PassRole",
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:AttachRolePolicy",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "sts:AssumeRole",
    "lambda:UpdateFunctionCode",
    "lambda:AddPermission",
    "lambda:CreateFunction",
];

/// What is known about a policy besides its document. The default says that it is one that belongs to the role.
#[derive(Debug, Clone, Copy, Default)]
pub struct PolicyFacts<'d> {
    /// It is an inline policy.
    pub inline: bool,
    /// It was not meant to be there.
    pub foreign: bool,
    /// The document that was written, where it is known.
    pub written: Option<&'d Document>,
    /// How many principals have it.
    pub attachments: Option<u32>,
}

/// Every finding about the permissions of a role. `facts` belong to the identity policies, in their order.
#[must_use]
pub fn lint_permissions(
    permissions: &Permissions<'_>,
    intent: &RoleIntent,
    facts: &[PolicyFacts<'_>],
) -> Vec<Finding> {
    let allowance = intent.allowance.as_ref();
    let session = Session::new(permissions, intent.role.as_ref()).beyond(allowance);
    let targets: Vec<FunctionArn> = match &intent.targets {
        Some(targets) => targets.clone(),
        None if allowance.is_some() => Vec::new(),
        None => session.named_functions().iter().filter_map(|function| function.parse().ok()).collect(),
    };
    let near = readable::functions(targets.first().map(FunctionArn::to_string).as_deref());
    let budget = Budget::new(PROOF_BUDGET);
    let mut linter = Linter {
        permissions,
        session: &session,
        intent,
        targets: &targets,
        listed: targets.iter().collect(),
        near,
        findings: Vec::new(),
        budget,
    };
    for (index, policy) in permissions.identity.iter().enumerate() {
        let facts = facts.get(index).copied().unwrap_or_default();
        linter.policy(index, policy.document, &facts);
    }
    linter.boundary();
    linter.findings
}

struct Linter<'l, 'd> {
    permissions: &'l Permissions<'d>,
    session: &'l Session<'d>,
    intent: &'l RoleIntent,
    targets: &'l [FunctionArn],
    /// The same, to look them up.
    listed: HashSet<&'l FunctionArn>,
    /// Resources close to the targets, to show where they fit.
    near: Vec<String>,
    findings: Vec<Finding>,
    budget: Budget,
}

impl Linter<'_, '_> {
    fn add(
        &mut self,
        id: FindingId,
        document: usize,
        statement: Option<usize>,
        message: String,
        fix: &str,
        witness: Option<Witness>,
    ) {
        let Some(policy) = self.permissions.identity.get(document) else { return };
        self.findings.push(Finding {
            id,
            document: policy.name.to_owned(),
            statement: statement.map(|index| StatementPlace::of(policy.document, index)),
            message,
            fix: fix.to_owned(),
            remedy: None,
            witness,
        });
    }

    /// P1 to P4, and what single statements allow too much.
    fn policy(&mut self, index: usize, document: &Document, facts: &PolicyFacts<'_>) {
        let PolicyFacts { inline, foreign, written, attachments } = facts;
        let name = self.permissions.identity.get(index).map(|policy| policy.name).unwrap_or_default();
        if *foreign {
            let witness = self.allows(index).into_iter().find_map(|placed| self.worst(placed));
            let what = witness.as_ref().map(|witness| format!(": {}", witness.sentence)).unwrap_or_default();
            if *inline {
                // A name that says what it is has its own quotes.
                let named =
                    if name.contains('`') { name.to_owned() } else { format!("inline policy `{name}`") };
                let message = format!("the {named} does not belong to the role{what}");
                self.add(
                    FindingId::P2,
                    index,
                    None,
                    message,
                    match self.intent.allowance {
                        None => {
                            "delete the inline policy, once other policies of the role allow every target"
                        }
                        Some(_) => {
                            "delete the inline policy, once other policies of the role allow what is stated"
                        }
                    },
                    witness,
                );
            } else {
                let message = format!("the policy `{name}` does not belong to the role{what}");
                self.add(
                    FindingId::P1,
                    index,
                    None,
                    message,
                    match self.intent.allowance {
                        None => "detach the policy, once other policies of the role allow every target",
                        Some(_) => "detach the policy, once other policies of the role allow what is stated",
                    },
                    witness,
                );
            }
            return;
        }
        if written.is_some_and(|written| !document.equivalent(written)) {
            let message = format!("the policy `{name}` differs from the policy that was written");
            self.add(
                FindingId::P3,
                index,
                None,
                message,
                "write the policy again and make that version the default",
                None,
            );
        }
        if let Some(count) = attachments.filter(|count| *count > 1) {
            let message = format!("the policy `{name}` is attached to {count} users, groups or roles");
            self.add(FindingId::P4, index, None, message, "create a separate policy for the role", None);
        }
        for placed in self.allows(index) {
            if let Some(statement) = document.statements().get(placed.statement) {
                self.statement(placed, statement);
            }
        }
        self.wrong_forms(index, document);
    }

    fn allows(&self, document: usize) -> Vec<Placed> {
        self.session.allows().filter(|placed| placed.document == document).collect()
    }

    /// The gravest of what a statement allows.
    fn worst(&mut self, placed: Placed) -> Option<Witness> {
        self.escalation(placed).or_else(|| self.other_action(placed)).or_else(|| self.other_function(placed))
    }

    /// P6 to P9: what one statement allows beside the targets.
    fn statement(&mut self, placed: Placed, statement: &Statement) {
        // Hundreds of targets are the ordinary case: nothing is to be searched for beside what is listed.
        if self.lists_targets_only(statement) {
            return;
        }
        let complement =
            statement.action.negated || statement.resource.as_ref().is_some_and(|clause| clause.negated);
        if complement {
            if let Some(witness) = self.worst(placed).or_else(|| self.other_form(placed)) {
                self.excess(FindingId::P8, placed, witness);
            }
            return;
        }
        if let Some(witness) = self.escalation(placed) {
            self.excess(FindingId::P9, placed, witness);
        }
        if let Some(witness) = self.other_action(placed).or_else(|| self.other_function(placed)) {
            self.excess(FindingId::P6, placed, witness);
        }
        if let Some(witness) = self.other_form(placed) {
            self.excess(FindingId::P7, placed, witness);
        }
    }

    /// A statement that allows more than the targets in their forms, or less.
    fn excess(&mut self, id: FindingId, placed: Placed, witness: Witness) {
        let remedy = self.targets_alone(placed).filter(|_| self.intent.targets.is_some());
        let fix = match (&remedy, &self.intent.allowance) {
            (Some(remedy), _) => remedy.to_string(),
            (None, Some(_)) => "allow the stated actions alone, on the stated resources".to_owned(),
            (None, None) => id.remedy().to_owned(),
        };
        let Placed { document, statement, .. } = placed;
        self.add(id, document, Some(statement), witness.sentence.clone(), &fix, Some(witness));
        if let Some(finding) = self.findings.last_mut() {
            finding.remedy = remedy;
        }
    }

    /// The statement allows the invocation of those targets that it reaches or names in another form; where there are none, it
    /// is deleted.
    fn targets_alone(&self, placed: Placed) -> Option<Remedy> {
        let document = self.permissions.identity.get(placed.document)?.document;
        let statement = document.statements().get(placed.statement)?;
        let may_mean = |target: &FunctionArn| match &statement.resource {
            Some(clause) if !clause.negated => {
                clause.values.iter().map(|value| value.text.raw()).any(|raw| {
                    let is_form = |other: FunctionArn| other.unqualified() == target.unqualified();
                    raw.parse().is_ok_and(is_form)
                        || raw.contains('$')
                        || Pattern::like(raw).matches(&target.to_string())
                })
            }
            Some(_) | None => true,
        };
        let invokes = statement.covers_action(INVOKE) != Truth::False;
        let meant: Vec<String> =
            self.targets.iter().filter(|it| invokes && may_mean(it)).map(FunctionArn::to_string).collect();
        let edit = |change| Edit { statement: placed.statement, change };
        match (meant.is_empty(), document.statements().len()) {
            // The whole policy is too much: it is to be removed from the role.
            (true, 0 | 1) => None,
            (true, _) => Some(Remedy::Edits(vec![edit(Change::Delete)])),
            (false, _) => Some(Remedy::Edits(vec![
                edit(Change::Actions(vec![INVOKE.to_owned()])),
                edit(Change::Resources(meant)),
            ])),
        }
    }

    /// Whether the statement allows the invocation of targets, named one by one, and nothing else.
    fn lists_targets_only(&self, statement: &Statement) -> bool {
        let invokes = !statement.action.negated
            && statement.action.values.iter().all(|action| action.raw().eq_ignore_ascii_case(INVOKE));
        let is_target =
            |text: &str| text.parse().is_ok_and(|function: FunctionArn| self.listed.contains(&function));
        invokes
            && statement.resource.as_ref().is_some_and(|resource| {
                !resource.negated && resource.values.iter().all(|value| is_target(value.text.raw()))
            })
    }

    fn reaches(
        &mut self,
        placed: Placed,
        actions: &Language<'_>,
        resources: &[Language<'_>],
    ) -> Option<Witness> {
        let mut found = resources.iter().map(|resources| {
            self.session.reaches(placed.rule, actions, resources, &self.near, &mut self.budget)
        });
        found.find_map(|witness| witness)
    }

    fn escalation(&mut self, placed: Placed) -> Option<Witness> {
        let escalates = |action: &str| ESCALATIONS.iter().any(|name| name.eq_ignore_ascii_case(action));
        self.session.reaches_one(placed.rule, escalates, &mut self.budget)
    }

    /// An action that is neither the invocation nor an escalation, and that not everybody may do anyway.
    fn other_action(&mut self, placed: Placed) -> Option<Witness> {
        let expected = |action: &str| {
            let mut names = ESCALATIONS.iter().chain([&INVOKE, &UNRESTRICTED]);
            names.any(|name| name.eq_ignore_ascii_case(action))
        };
        self.session.reaches_one(placed.rule, |action| !expected(action), &mut self.budget)
    }

    /// The invocation of a function that has nothing to do with a target.
    fn other_function(&mut self, placed: Placed) -> Option<Witness> {
        let related: Vec<Pattern> =
            self.targets.iter().map(|target| Pattern::like(&format!("{}*", target.unqualified()))).collect();
        let functions = self.session.function_shapes();
        let elsewhere: Vec<Language<'_>> =
            functions.iter().map(|shape| Language::new().all_of([shape]).none_of(&related)).collect();
        self.reaches(placed, &Language::new().only(&INVOKE.to_ascii_lowercase()), &elsewhere)
    }

    /// The invocation of another form of a target, or of a function whose name begins like one.
    fn other_form(&mut self, placed: Placed) -> Option<Witness> {
        let listed = self.targets.iter().map(FunctionArn::to_string).collect();
        let invoke = INVOKE.to_ascii_lowercase();
        let functions = self.session.function_shapes();
        self.targets.iter().find_map(|target| {
            let related = Pattern::like(&format!("{}*", target.unqualified()));
            let forms: Vec<Language<'_>> = functions
                .iter()
                .map(|shape| Language::new().all_of([shape, &related]).except([&listed]))
                .collect();
            self.reaches(placed, &Language::new().only(&invoke), &forms)
        })
    }

    fn invocation(&self, target: &FunctionArn) -> Request {
        Request {
            principal: self.session.example.clone(),
            action: INVOKE.to_owned(),
            resource: target.to_string(),
            resource_account: None,
            context: Context::new(),
        }
    }

    /// P7: a target that is refused although a statement names its function in another form.
    fn wrong_forms(&mut self, index: usize, document: &Document) {
        let mut named: HashMap<FunctionArn, Vec<(usize, FunctionArn)>> = HashMap::new();
        let statements = document.statements().iter().enumerate();
        for (index, statement) in statements.filter(|(_, statement)| statement.effect == Effect::Allow) {
            let values = statement.resource.iter().flat_map(|clause| &clause.values);
            for function in values.filter_map(|value| value.text.raw().parse::<FunctionArn>().ok()) {
                named.entry(function.unqualified()).or_default().push((index, function));
            }
        }
        for target in self.targets {
            let forms = named.get(&target.unqualified()).into_iter().flatten();
            let Some(statement) = forms.filter(|(_, form)| form != target).map(|(index, _)| *index).min()
            else {
                continue;
            };
            if let Some(witness) = self.session.refusal(self.invocation(target)) {
                let mut placed = self.session.allows();
                if let Some(placed) = placed.find(|it| (it.document, it.statement) == (index, statement)) {
                    self.excess(FindingId::P7, placed, witness);
                }
            }
        }
    }

    /// P5: a target that the policies allow and the boundary does not.
    fn boundary(&mut self) {
        let Some(boundary) = &self.permissions.boundary else { return };
        let unlimited = Permissions { identity: self.permissions.identity.clone(), boundary: None };
        let free = Session::new(&unlimited, self.intent.role.as_ref());
        for target in self.targets {
            let request = self.invocation(target);
            if free.evaluate(&request).allows == Truth::True
                && let Some(witness) = self.session.refusal(request)
            {
                self.findings.push(Finding {
                    id: FindingId::P5,
                    document: boundary.name.to_owned(),
                    statement: None,
                    message: witness.sentence.clone(),
                    fix: "let the boundary allow the invocation of the targets".to_owned(),
                    remedy: None,
                    witness: Some(witness),
                });
                return;
            }
        }
    }
}
