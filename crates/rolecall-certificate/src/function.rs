//! Claims about the policy of a function: nobody outside the account reaches it without the role.

use rolecall_iam::arn::{AccountId, FunctionArn};
use rolecall_iam::principal::Principal;

use crate::model::{Model, Scope};
use crate::pattern::{Token, arn_language, arn_parts, wild};
use crate::permission::request;
use crate::script::{Check, Compiled, Contents, Script, asked, compile, nothing_allows};
use crate::smt::{and, in_language, literal, not, or};
use crate::statement::resource_is;
use crate::{Claim, Encoding, Named, Part};

/// What is known of the URL of the function, or of its alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlAccess {
    /// It has none.
    Absent,
    /// It checks the caller's signature (`AWS_IAM`).
    Signed,
    /// It checks nothing (`NONE`).
    Open,
    /// Nobody read it.
    Unread,
}

/// The policy of a function, or of one of its aliases or versions, and who may reach it without the role.
#[derive(Debug, Clone)]
pub struct FunctionPolicy<'d> {
    /// The function in the form that has the policy.
    pub function: FunctionArn,
    /// The policy.
    pub document: &'d rolecall_iam::document::Document,
    /// The URL of this form.
    pub url: UrlAccess,
    /// Accounts beside the function's own, all of whose principals and sources may: the role's.
    pub accounts: Vec<AccountId>,
    /// Principals and services that may invoke it, and do nothing else to it. A root user stands for its account and its sources.
    pub invokers: Vec<Principal>,
}

/// The scripts for the claim that nobody else reaches the function, of each policy.
#[must_use]
pub fn function_certificates(policies: &[FunctionPolicy<'_>]) -> Vec<Script> {
    let numbered = policies.iter().enumerate();
    let of_policy = |(number, policy): (usize, &FunctionPolicy<'_>)| {
        let name = format!("policy of {}", policy.function);
        let question =
            Question { number, policy, documents: [Named { name: &name, document: policy.document }] };
        let encodings = [Encoding::Parts, Encoding::Whole];
        let mut scripts: Vec<Script> = encodings.map(|encoding| question.only_through_role(encoding)).into();
        scripts.push(question.vacuity());
        scripts
    };
    numbered.flat_map(of_policy).collect()
}

/// The actions that invoke (Lambda Developer Guide, "Lambda API permissions"; the last is the action of a deprecated call).
const INVOKES: [&str; 3] = ["lambda:invokefunction", "lambda:invokefunctionurl", "lambda:invokeasync"];

struct Question<'q> {
    number: usize,
    policy: &'q FunctionPolicy<'q>,
    documents: [Named<'q>; 1],
}

impl<'q> Question<'q> {
    fn model(&self, encoding: Encoding) -> Model<'q> {
        let (counts, decimals) = asked(std::iter::once(self.policy.document));
        let partition = self.policy.function.partition.to_string();
        Model::new(encoding, Scope::Function, partition, None, counts, decimals)
    }

    /// A caller who may not reach the function is let in: one check for each `Allow`.
    fn only_through_role(&self, encoding: Encoding) -> Script {
        let mut model = self.model(encoding);
        let compiled = compile(&mut model, &self.documents);
        let mut asserted = self.call(&mut model, encoding);
        asserted.push(("Not denied".to_owned(), "(not denied)".to_owned()));
        asserted.push(("A caller who may not".to_owned(), self.outsider(&mut model)));
        let allows = compiled.allows.iter().flatten();
        let mut checks: Vec<Check> = allows
            .map(|(name, place)| Check { asks: format!("{place} allows"), terms: vec![name.clone()] })
            .collect();
        if checks.is_empty() {
            checks.push(nothing_allows());
        }
        let function = &self.policy.function;
        let further: Vec<String> = self.policy.invokers.iter().map(ToString::to_string).collect();
        let but = if further.is_empty() {
            String::new()
        } else {
            format!(", but for {}, who may invoke it", further.join(", "))
        };
        let sentence = format!("nobody outside the account reaches {function} without the role{but}");
        self.write(model, &compiled, Part::Proof(encoding), sentence, asserted, checks)
    }

    /// The assumptions, and some caller whom the policy lets in.
    fn vacuity(&self) -> Script {
        let mut model = self.model(Encoding::Parts);
        let compiled = compile(&mut model, &self.documents);
        let asserted = self.call(&mut model, Encoding::Parts);
        let allowed = or(compiled.allows.iter().flatten().map(|(name, _)| name.clone()));
        let checks = vec![
            Check { asks: "the assumptions can be met".to_owned(), terms: Vec::new() },
            Check { asks: "a call is allowed".to_owned(), terms: vec![allowed, "(not denied)".to_owned()] },
        ];
        let sentence = "the assumptions of the other two files do not contradict each other".to_owned();
        self.write(model, &compiled, Part::Vacuity, sentence, asserted, checks)
    }

    /// What is called: an action that does more than read, on this function; over its URL only as the URL allows.
    fn call(&self, model: &mut Model<'_>, encoding: Encoding) -> Vec<(String, String)> {
        let reaches = and([
            "(str.prefixof \"lambda:\" action)".to_owned(),
            not(or(
                ["lambda:get", "lambda:list"].map(|read| format!("(str.prefixof {} action)", literal(read)))
            )),
        ]);
        let is_url_call = "(= action \"lambda:invokefunctionurl\")";
        let with = |model: &mut Model<'_>, kind: &str| {
            let used = model.key("lambda:functionurlauthtype");
            let is_kind =
                and([format!("{}.present", used.name), format!("(= {} {})", used.name, literal(kind))]);
            format!("(=> {is_url_call} {is_kind})")
        };
        let url = match self.policy.url {
            UrlAccess::Absent => Some(not(is_url_call.to_owned())),
            UrlAccess::Signed => Some(with(model, "AWS_IAM")),
            UrlAccess::Open => Some(with(model, "NONE")),
            UrlAccess::Unread => None,
        };
        let function = self.policy.function.to_string();
        let mut asserted = vec![
            ("An action that does more than read".to_owned(), reaches),
            ("The function".to_owned(), resource_is(encoding, &function)),
        ];
        asserted.extend(url.map(|term| ("Over its URL, what the URL asks for".to_owned(), term)));
        asserted
    }

    /// Somebody who does not belong to the accounts, and neither is stated nor invokes. The ARN of a bucket names no account ("The
    /// confused deputy problem", IAM User Guide).
    fn outsider(&self, model: &mut Model<'_>) -> String {
        let FunctionPolicy { function, accounts, invokers, .. } = self.policy;
        let of_root = |invoker: &'q Principal| match invoker {
            Principal::Root { account, .. } => Some(account),
            _ => None,
        };
        let own: Vec<&AccountId> = std::iter::once(&function.account).chain(accounts).collect();
        let stated: Vec<&AccountId> = invokers.iter().filter_map(of_root).collect();
        let is_owner = self.belongs(model, &own);
        let is_of_stated = self.belongs(model, &stated);
        let is_stated = or(invokers.iter().map(|invoker| model.caller_is(invoker)).collect::<Vec<_>>());
        let invokes = or(INVOKES.map(|action| format!("(= action {})", literal(action))));
        let may_invoke = and([invokes, or([is_stated, is_of_stated])]);
        and([not(is_owner), not(may_invoke)])
    }

    /// A principal of one of these accounts, or a caller without an account whose request names a source in one of them.
    fn belongs(&self, model: &mut Model<'_>, accounts: &[&AccountId]) -> String {
        let belongs = |account: &&AccountId| {
            or([model.account_is(account.as_str()), model.service_of(account.as_str())])
        };
        let is_principal = or(accounts.iter().map(belongs).collect::<Vec<_>>());
        let (account, arn) = (model.key("aws:sourceaccount"), model.key("aws:sourcearn"));
        let is_own = or(accounts.iter().map(|own| format!("(= {} {})", account.name, literal(own.as_str()))));
        let within = |own: &&AccountId| {
            let pattern: Vec<Token> = wild(&format!("arn:*:*:*:{own}:*"));
            arn_parts(&pattern).map(|parts| in_language(&arn.name, &arn_language(&parts)))
        };
        let is_within = or(accounts.iter().filter_map(within));
        let is_source = or([
            and([format!("{}.present", account.name), is_own]),
            and([format!("{}.present", arn.name), is_within]),
        ]);
        or([is_principal, and(["(> kind 2)".to_owned(), is_source])])
    }

    fn write(
        &self,
        mut model: Model<'_>,
        compiled: &Compiled,
        part: Part,
        sentence: String,
        asserted: Vec<(String, String)>,
        checks: Vec<Check>,
    ) -> Script {
        let definitions = request(&mut model, compiled);
        let claim = Claim::OnlyThroughRole(self.number);
        Contents { claim, part, sentence, documents: &self.documents, definitions, asserted, checks }
            .write(&model)
    }
}
