//! Arbitrary right manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rolecall_model::iam::lint::FailOn;
use rolecall_model::manifest::{
    Access, Action, AssumedRole, Call, ChosenBy, FurtherOrganization, Genesys, Grant, Integration, Invoker,
    Manager, Manifest, Method, Notify, NotifyOn, Party, Recordings, Role, Target, Template, Vendor, Verify,
    WebServicesCredential, Webhook,
};
use rolecall_model::ports::secrets::{SecretId, SecretLocation};
use rolecall_model::region::{REGIONS, Region};

/// Text of a pattern, as the type that it is the text of.
fn text<T: std::str::FromStr<Err: std::fmt::Debug> + std::fmt::Debug>(
    pattern: &str,
) -> impl Strategy<Value = T> + use<T> {
    let strategy = proptest::string::string_regex(pattern).unwrap();
    strategy.prop_map(|text| text.parse().unwrap_or_else(|error| panic!("`{text}`: {error:?}")))
}

/// Any right manifest. No two targets have one function name, so that actions can name them by it.
pub(super) fn manifest() -> impl Strategy<Value = Manifest> {
    (
        party(),
        role(),
        (vec((target(), btree_set(invoker(), 0..3)), 0..5), vec(grant(), 0..4)),
        (access(), (option::of(principal()), select(&FailOn::ALL[..])), option::of(notify())),
        vec((action(), any::<prop::sample::Index>()), 0..4),
    )
        .prop_filter("a role is for something", |(_, _, (targets, grants), _, _)| {
            !targets.is_empty() || !grants.is_empty()
        })
        .prop_map(
            |(
                mut party,
                role,
                (mut targets, stated),
                (access, (probe_principal, fail_on), notify),
                actions,
            )| {
                targets.sort_by_key(|(target, _)| target.function.clone());
                targets.dedup_by_key(|(target, _)| target.function.clone());
                let (targets, invokers): (Vec<Target>, Vec<BTreeSet<Invoker>>) = targets.into_iter().unzip();
                let invokers = targets.iter().cloned().zip(invokers);
                let invokers = invokers
                    .filter(|(_, invokers)| !invokers.is_empty())
                    .map(|(target, invokers)| (target, invokers.into_iter().collect()))
                    .collect();
                let mut grants: Vec<Grant> = Vec::new();
                for grant in stated {
                    if !grants.contains(&grant) {
                        grants.push(grant);
                    }
                }
                let mut named: Vec<Action> = Vec::new();
                for (mut action, index) in actions {
                    if targets.is_empty() && matches!(action.call, Call::Function { .. }) {
                        continue;
                    }
                    if let Call::Function { target, .. } = &mut action.call {
                        *target = index.get(&targets).clone();
                    }
                    if named.iter().all(|other| other.name != action.name) {
                        named.push(action);
                    }
                }
                match &mut party {
                    Party::Genesys(genesys) => {
                        if !named.iter().any(|action| matches!(action.call, Call::Url { .. })) {
                            genesys.web_services_credential = None;
                        }
                    }
                    Party::Vendor(_) => named.clear(),
                }
                let verify = Verify { probe_principal, fail_on };
                Manifest {
                    folder: PathBuf::new(),
                    party,
                    role,
                    targets,
                    invokers,
                    grants,
                    access,
                    verify,
                    notify,
                    actions: named,
                }
            },
        )
}

fn invoker() -> impl Strategy<Value = Invoker> {
    prop_oneof![
        text("[0-9]{12}"),
        text("arn:aws:iam::[0-9]{12}:(root|user/[a-z]{1,9}|role/([a-z]{1,9}/)?[a-z]{1,9})"),
        text("[a-z]{1,9}([.-][a-z0-9]{1,9})?[.]amazonaws[.]com"),
    ]
}

fn grant() -> impl Strategy<Value = Grant> {
    let key = text("arn:aws:kms:us-east-1:[0-9]{12}:key/[a-f0-9-]{1,36}");
    let prefix = text("[a-z]{1,9}(/[a-z=]{1,9}){0,2}/");
    let recordings = (text("[a-z0-9][a-z0-9-]{1,20}[a-z0-9]"), option::of(prefix), option::of(key));
    prop_oneof![
        recordings.prop_map(|(bucket, prefix, key)| Grant::Recordings(Recordings { bucket, prefix, key })),
        text("arn:aws:lex:us-east-1:[0-9]{12}:bot:[A-Za-z_]{1,20}:[A-Za-z_]{1,20}").prop_map(Grant::Lex),
        text("arn:aws:lex:us-east-1:[0-9]{12}:bot-alias/[A-Z0-9]{10}/[A-Z0-9]{10}").prop_map(Grant::LexV2),
        Just(Grant::Polly),
    ]
}

fn notify() -> impl Strategy<Value = Notify> {
    let secret = "arn:aws:secretsmanager:eu-west-1:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]{1,20}";
    let on = select(vec![NotifyOn::Changed, NotifyOn::Failed, NotifyOn::Always]);
    let webhook = (text("https://[a-z]{1,20}[.]example/[A-Za-z0-9/_-]{0,20}"), option::of(text(secret)));
    let topic = text("arn:aws:sns:us-east-1:[0-9]{12}:[A-Za-z0-9_-]{1,20}");
    (on, option::of(webhook), topic, any::<bool>()).prop_map(|(on, webhook, topic, both)| {
        let webhook = webhook.map(|(url, secret)| Webhook { url, secret });
        let topic = Some(topic).filter(|_| both || webhook.is_none());
        Notify { on, webhook, topic }
    })
}

fn location() -> impl Strategy<Value = SecretLocation> {
    let secret = text("arn:aws:secretsmanager:eu-west-1:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]{1,20}");
    let parameter = text("arn:aws:ssm:eu-west-1:[0-9]{12}:parameter/[b-r][A-Za-z0-9_-]{0,20}");
    prop_oneof![
        secret.prop_map(|arn| SecretLocation::Secret(SecretId::Arn(arn))),
        "[A-Za-z0-9/_+=.@-]{1,20}".prop_map(|name| SecretLocation::Secret(SecretId::Name(name))),
        parameter.prop_map(|arn| SecretLocation::Parameter(SecretId::Arn(arn))),
        "(/[b-r][A-Za-z0-9_-]{0,20}){1,3}".prop_map(|name| SecretLocation::Parameter(SecretId::Name(name))),
    ]
}

fn party() -> impl Strategy<Value = Party> {
    prop_oneof![3 => genesys().prop_map(Party::Genesys), 1 => vendor().prop_map(Party::Vendor)]
}

fn vendor() -> impl Strategy<Value = Vendor> {
    (
        "[A-Za-z0-9\u{e9}]([A-Za-z0-9\u{e9} .,_&()+-]{0,62}[A-Za-z0-9.,_&()+-])?",
        text("[0-9]{12}"),
        text("[A-Za-z0-9_+=,.@:/-]{2,60}"),
        option::of(select(ChosenBy::ALL.to_vec())),
    )
        .prop_map(|(name, account, external_id, external_id_chosen_by)| Vendor {
            name,
            account,
            external_id,
            external_id_chosen_by,
        })
}

fn genesys() -> impl Strategy<Value = Genesys> {
    (
        region(),
        option::of(text("[A-Za-z0-9_+=,.@:/-]{2,60}")),
        option::of(text("[0-9]{12}")),
        option::of(select(Manager::ALL.to_vec())),
        (option::of(location()), vec(further(), 0..3)),
        option::of(integration()),
        option::of(web_services_credential()),
    )
        .prop_map(
            |(
                region,
                organization_id,
                stated,
                managed_by,
                (credentials, stated_further),
                integration,
                web_services_credential,
            )| {
                let trusted_account =
                    stated.or(region.trusted_account()).unwrap_or_else(|| "123456789012".parse().unwrap());
                let mut further: Vec<FurtherOrganization> = Vec::new();
                for other in stated_further {
                    if Some(&other.id) != organization_id.as_ref()
                        && further.iter().all(|it| it.id != other.id)
                    {
                        further.push(other);
                    }
                }
                Genesys {
                    region,
                    organization_id,
                    trusted_account,
                    managed_by,
                    credentials,
                    further,
                    integration,
                    web_services_credential,
                }
            },
        )
}

fn further() -> impl Strategy<Value = FurtherOrganization> {
    let until = (0_i64..4_000_000_000).prop_map(|second| jiff::Timestamp::from_second(second).unwrap());
    (text("[A-Za-z0-9_+=,.@:/-]{2,60}"), option::of("[\\PC&&\\S]\\PC{0,40}"), option::of(until))
        .prop_map(|(id, name, until)| FurtherOrganization { id, name, until })
}

fn web_services_credential() -> impl Strategy<Value = WebServicesCredential> {
    ("[A-Za-z][A-Za-z0-9_.-]{0,99}", option::of("[\\PC&&\\S]\\PC{0,40}"), location())
        .prop_map(|(type_name, name, source)| WebServicesCredential { type_name, name, source })
}

fn integration() -> impl Strategy<Value = Integration> {
    let label = "[\\PC&&\\S]\\PC{0,40}";
    (option::of(label), option::of(".{1,60}"), option::of(label))
        .prop_map(|(name, notes, credential)| Integration { name, notes, credential })
}

/// A template, in the manifest or in a file.
fn template() -> impl Strategy<Value = Template> {
    let text = prop_oneof![".{0,60}", any::<String>()];
    prop_oneof![text.prop_map(Template::Text), file().prop_map(|path| Template::File(path.into()))]
}

fn region() -> impl Strategy<Value = &'static Region> {
    (0..REGIONS.len()).prop_map(|index| &REGIONS[index])
}

fn role() -> impl Strategy<Value = Role> {
    (
        text("[A-Za-z0-9_+=,.@-]{1,64}"),
        text("/([!-~]{1,20}/)?"),
        option::of("[\t\n\r -~\u{a1}-\u{ff}]{1,80}"),
        3600..=43200_u32,
        option::of(text(
            "targets|arn:aws:iam::([0-9]{12}|aws):policy(/[a-z]{1,5})?/[A-Za-z0-9_+=,.@-]{1,30}",
        )),
        tags(),
        option::of(select(Manager::ALL.to_vec())),
    )
        .prop_map(
            |(name, path, description, max_session_duration, permissions_boundary, tags, managed_by)| Role {
                name,
                path,
                description,
                max_session_duration,
                permissions_boundary,
                tags,
                managed_by,
            },
        )
}

/// Keys in lower case, so that no two differ in case only; the prefix keeps them from the reserved ones.
fn tags() -> impl Strategy<Value = BTreeMap<String, String>> {
    btree_map("t[a-z0-9 _.:/=+@\u{e9}\u{4e00}-]{0,30}", "[A-Za-z0-9 _.:/=+@\u{e9}\u{4e00}-]{0,40}", 0..6)
}

pub(super) fn target() -> impl Strategy<Value = Target> {
    let qualifier = || option::of(text("[A-Za-z0-9_-]{1,20}|\\$LATEST"));
    let aws_region = || select(vec!["us-east-1", "eu-west-1", "ap-southeast-3"]);
    let function = || text("[A-Za-z0-9_-]{1,64}");
    let by_name = (function(), qualifier(), option::of(aws_region()), option::of(text("[0-9]{12}")))
        .prop_map(|(function, qualifier, region, account)| Target {
            function,
            qualifier,
            region: region.map(|region| region.parse().unwrap()),
            account,
            partition: None,
        });
    let by_arn = (
        function(),
        qualifier(),
        aws_region(),
        text("[0-9]{12}"),
        // The partition of the accounts that Genesys has published.
        select(vec!["aws"]),
    )
        .prop_map(|(function, qualifier, region, account, partition)| Target {
            function,
            qualifier,
            region: Some(region.parse().unwrap()),
            account: Some(account),
            partition: Some(partition.parse().unwrap()),
        });
    prop_oneof![by_name, by_arn]
}

fn access() -> impl Strategy<Value = Access> {
    let assumed = (
        text("arn:aws:iam::[0-9]{12}:role(/[a-z]{1,8})?/[A-Za-z0-9_+=,.@-]{1,30}"),
        option::of(text("[A-Za-z0-9_+=,.@:/-]{2,60}")),
    )
        .prop_map(|(role, external_id)| AssumedRole { role, external_id });
    let region = select(vec!["us-east-1", "eu-west-1"]).prop_map(|region| region.parse().unwrap());
    (
        option::of("[a-z0-9]([ \\\\\"a-z]{0,8}[a-z])?"),
        option::of(region),
        option::of(assumed),
        option::of(text("[0-9]{12}")),
    )
        .prop_map(|(profile, region, assume_role, account)| {
            // A role of another account than the manifest's is a fault.
            let role = assume_role.as_ref().map(|AssumedRole { role, external_id: _ }| role.account.clone());
            let account = account.map(|account| role.unwrap_or(account));
            Access { account, profile, region, assume_role }
        })
}

fn principal() -> impl Strategy<Value = rolecall_model::iam::arn::Arn> {
    text("arn:aws:iam::[0-9]{12}:(role|user)(/[a-z]{1,8})?/[A-Za-z0-9_+=,.@-]{1,30}")
}

fn action() -> impl Strategy<Value = Action> {
    let any_text = "\\PC{0,40}";
    let label = "[\\PC&&\\S]\\PC{0,40}";
    let maps = (btree_map(any_text, any_text, 0..3), btree_map(any_text, any_text, 0..3));
    (
        label,
        label,
        call(),
        (file(), file()),
        1..=60_u8,
        any::<bool>(),
        (template(), template()),
        (maps, option::of(file())),
    )
        .prop_map(
            |(
                name,
                category,
                call,
                (input, output),
                timeout_seconds,
                secure,
                (request, success),
                ((map, defaults), test_input),
            )| Action {
                name,
                category,
                call,
                input_schema: input.into(),
                output_schema: output.into(),
                timeout_seconds,
                secure,
                request_template: request,
                success_template: success,
                translation_map: map,
                translation_map_defaults: defaults,
                test_input: test_input.map(PathBuf::from),
            },
        )
}

fn file() -> impl Strategy<Value = String> {
    "[a-z]{1,8}(/[a-z \u{e9}]{1,8}x){0,2}\\.json"
}

/// A call; the target stands for one that the manifest chooses.
fn call() -> impl Strategy<Value = Call> {
    let method = select(vec![Method::Get, Method::Put, Method::Post, Method::Patch, Method::Delete]);
    let headers = btree_map("H[A-Za-z0-9-]{0,10}", "[ -~]{0,20}", 0..3).prop_map(
        |mut headers: BTreeMap<String, String>| {
            headers.insert("Authorization".to_owned(), "Bearer ${credentials.token}".to_owned());
            headers
        },
    );
    let url = ("https://[a-z.]{1,20}/[a-z/]{0,10}(\\$\\{input\\.id\\})?", method.clone(), headers.clone())
        .prop_map(|(url, method, headers)| Call::Url { url, method, headers });
    let function = (target(), method, headers).prop_map(|(target, method, headers)| Call::Function {
        target,
        method,
        headers,
    });
    prop_oneof![function, url]
}
