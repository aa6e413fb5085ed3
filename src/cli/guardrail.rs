//! `rolecall render guardrail`: the two policies of an organization around the role, and the proof of the first.

use rolecall::connect::{Loaded, stated_external_id};
use rolecall::desired::guardrail::{
    GuardrailKind, GuardrailPolicy, external_ids, guarded, resource_control, service_control,
};
use rolecall::exit::ExitCode;
use rolecall::failure::CommandResult;
use rolecall::iam::principal::Principal;
use rolecall::iam::prove::GUARDRAIL_SCOPE;
use rolecall::report::GuardrailProofView;
use rolecall::verify::claim::ClaimOutcome;
use rolecall::verify::guardrail::GuardrailProof;
use serde_json::{Map, Value};

use super::home::{home, targets};
use super::options::{GuardrailPart, RenderOptions};
use super::printer::Printer;

/// What the second policy leaves open. Nothing is proved about it.
const NOT_BOUND: &str = "the service control policy is not proved; it binds no principal of the organization's management account, and no \
                         service-linked role";

pub(crate) fn run(
    part: GuardrailPart,
    options: &RenderOptions,
    loaded: &Loaded,
    printer: &mut Printer,
) -> CommandResult<ExitCode> {
    let manifest = &loaded.manifest;
    let external_id = stated_external_id(manifest)?;
    let home = home(options, manifest)?;
    let kinds: &[GuardrailKind] = match part {
        GuardrailPart::Guardrail => &[GuardrailKind::ResourceControl, GuardrailKind::ServiceControl],
        GuardrailPart::Rcp => &[GuardrailKind::ResourceControl],
        GuardrailPart::Scp => &[GuardrailKind::ServiceControl],
    };
    let mut policies: Vec<(GuardrailKind, GuardrailPolicy)> = Vec::new();
    for kind in kinds {
        let policy = match kind {
            GuardrailKind::ResourceControl => resource_control(manifest, &external_id, &home)?,
            GuardrailKind::ServiceControl => {
                let targets = targets(options, manifest, &home)?;
                // Whoever applies with this manifest does it as this role.
                let assumed = manifest.access.assume_role.as_ref();
                let assumed = assumed.map(|assumed| Principal::Role(assumed.role.clone()));
                let provisioners = match (options.provisioner.is_empty(), assumed) {
                    (true, Some(assumed)) => vec![assumed],
                    (true, None) | (false, _) => options.provisioner.clone(),
                };
                service_control(manifest, &external_id, &home, &targets, &provisioners)?
            }
        };
        policies.push((*kind, policy));
    }
    let proof = match policies.first() {
        Some((GuardrailKind::ResourceControl, policy)) => {
            let (role, trusted) = guarded(manifest, &home);
            Some(GuardrailProof::of(&policy.document, &role, &trusted, &external_ids(manifest, &external_id)))
        }
        Some((GuardrailKind::ServiceControl, _)) | None => None,
    };
    printer.result(&text(&policies, proof.as_ref(), options.common.output.is_human()));
    if let Some(proof) = &proof {
        for (outcome, sentence) in GuardrailProofView(proof).sentences() {
            match outcome {
                ClaimOutcome::Proved => printer.progress(&sentence),
                ClaimOutcome::Refuted | ClaimOutcome::Unknown => printer.warning(&sentence),
            }
        }
        printer.progress(&format!("note: {GUARDRAIL_SCOPE}"));
    }
    if kinds.contains(&GuardrailKind::ServiceControl) {
        printer.progress(&format!("note: {NOT_BOUND}"));
    }
    Ok(proof.map_or(ExitCode::Success, |proof| proof.exit()))
}

/// One policy as it is stored, so that it can be piped; several under their names.
fn text(
    policies: &[(GuardrailKind, GuardrailPolicy)],
    proof: Option<&GuardrailProof>,
    is_human: bool,
) -> String {
    match (policies, is_human) {
        ([(_, policy)], _) => policy.text.clone(),
        (policies, true) => {
            let blocks = policies.iter().map(|(kind, policy)| format!("# {}\n{}\n", kind.id(), policy.text));
            blocks.collect::<String>().trim_end().to_owned() + "\n"
        }
        (policies, false) => {
            let mut all: Map<String, Value> = Map::new();
            for (kind, policy) in policies {
                all.insert(kind.id().to_owned(), policy.document.to_value());
            }
            all.extend(proof.map(|proof| ("claims".to_owned(), GuardrailProofView(proof).to_value())));
            format!("{:#}\n", Value::Object(all))
        }
    }
}
