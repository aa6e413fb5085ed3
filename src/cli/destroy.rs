//! `rolecall destroy`: a plan towards nothing, limited to what rolecall made.

use anyhow::Context as _;
use rolecall::carry_out::aws::{Applied, apply};
use rolecall::carry_out::genesys::{Applied as GenesysApplied, Made, apply as apply_genesys};
use rolecall::carry_out::settle::{SPREADING, settle};
use rolecall::exit::ExitCode;
use rolecall::observe::aws::observe;
use rolecall::observe::survey::home;
use rolecall::plan::aws::{PlanOptions, plan_destroy};
use rolecall::plan::genesys::plan_destroy as plan_genesys_destroy;
use rolecall::report::{Report, count};

use super::apply::{Narrator, Outcome, STALE, UNCHANGED, confirm};
use super::context::{Context, Services, interruptible};
use super::genesys::with_plan;
use super::options::{DestroyCommand, Output};
use super::plan::list_all_calls;
use super::printer::Printer;

pub(crate) async fn run(options: &DestroyCommand, printer: &mut Printer) -> anyhow::Result<ExitCode> {
    let context = Context::open(&options.aws, Services::Both, printer).await?;
    let human = options.aws.common.output == Output::Human;
    let role = &context.manifest.role.name;
    let reach: PlanOptions = options.reach.into();
    // The functions are somebody else's: whether they exist makes no difference to what is removed here.
    let read = async || observe(&context.aws, role, &[]).await;
    let observed = read().await.context(UNCHANGED)?;
    let plan = plan_destroy(role, &observed, reach).context(UNCHANGED)?;
    let role_arn = home(&observed.caller)?.role_arn(role, &context.manifest.role.path);
    let read_genesys = async || match &context.genesys {
        Some(side) => side.observe(&context.manifest, &role_arn).await.map(Some),
        None => Ok(None),
    };
    let genesys_plan = |observed: &Option<_>| {
        observed.as_ref().map(|observed| plan_genesys_destroy(&role_arn, observed)).unwrap_or_default()
    };
    let genesys_observed = read_genesys().await.context(UNCHANGED)?;
    let genesys = genesys_plan(&genesys_observed);
    let is_empty = plan.changes.is_empty() && genesys.steps.is_empty();
    let mut report = Report::new("destroy").with_plan(&plan);
    if let Some(observed) = &genesys_observed {
        report = with_plan(report, observed, &genesys);
    }
    report.warnings.clone_from(&context.warnings);
    if human {
        printer.result(&format!(
            "Role {role} in account {}\n\n{}",
            observed.caller.account,
            report.plan_text()
        ));
    }
    let mut exit = ExitCode::Success;
    if !is_empty && !options.yes {
        if !confirm("Remove all of this?", printer)? {
            printer.progress("nothing was changed");
            return Ok(ExitCode::Success);
        }
        anyhow::ensure!(
            plan_destroy(role, &read().await?, reach)? == plan
                && genesys_plan(&read_genesys().await?) == genesys,
            STALE
        );
    }
    if !is_empty {
        let (interrupt, deadline) = (interruptible(), context.deadline);
        // What uses the role goes before it.
        let genesys_applied = match &context.genesys {
            Some(side) => {
                let narrator = &mut Narrator(printer);
                apply_genesys(
                    &genesys,
                    side.client.as_ref(),
                    &mut Made::default(),
                    deadline,
                    interrupt.clone(),
                    narrator,
                )
                .await
            }
            None => GenesysApplied::none_of(Vec::new()),
        };
        let applied = if genesys_applied.is_complete() {
            apply(&plan, &context.aws, deadline, interrupt.clone(), &mut Narrator(printer)).await
        } else {
            Applied::none_of(plan.changes.clone())
        };
        report = report.with_applied(&applied).with_genesys_applied(&genesys_applied);
        if applied.is_complete() && genesys_applied.is_complete() {
            let is_gone =
                |observed: &_| plan_destroy(role, observed, reach).is_ok_and(|plan| plan.changes.is_empty());
            let narrator = &mut Narrator(printer);
            let settled = settle(read, is_gone, SPREADING, deadline, interrupt, narrator).await?;
            if human {
                let made = applied.done.len() + genesys_applied.done.len();
                printer.result(&format!("\n{} made.\n", count(made, "change", "changes")));
            }
            if !settled.is_settled {
                printer.warning("AWS still shows some of what was removed; run the command again to look");
                exit = ExitCode::Inconclusive;
            }
        } else {
            let error = Outcome { aws: &applied, genesys: &genesys_applied }.describe();
            printer.failure(&error);
            report.error = Some(error);
            exit = ExitCode::Failed;
        }
    }
    if observed.role.is_some() && !plan.foreign.is_empty() {
        printer.warning(&format!(
            "role `{role}` stays: IAM deletes a role only when nothing is on it, and others put policies there; \
             --remove-foreign removes those too"
        ));
        exit = exit.or(ExitCode::Pending);
    }
    context.count_calls(&mut report, printer);
    if !human {
        printer.result(&report.to_json(exit));
    }
    list_all_calls(&context, printer);
    Ok(exit)
}
