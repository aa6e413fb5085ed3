//! `rolecall genesys metrics`: how the manifest's actions ran, whole and in their functions, held against limits.

use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use rolecall::connect::{Connected, Loaded, Route, Services, open_genesys};
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandResult, Context as _, UsageError};
use rolecall::manifest::Action;
use rolecall::observe::metrics::Metrics;
use rolecall::operations::{Counterpart, PlanningError};
use rolecall::ports::metrics::Window;
use rolecall::report::{CallsView, MetricsView, Origin, Report};
use rolecall::verify::metrics::Limits;

use crate::cli::calls::list_genesys_calls;
use crate::cli::context::{Context, load_manifest, route, surroundings};
use crate::cli::fleet;
use crate::cli::options::{LimitOptions, MetricsCommand, Moment};
use crate::cli::printer::Printer;

/// The time of `drift --with-metrics`.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

const COMMAND: &str = "genesys metrics";

const TOO_LONG_AGO: &str = "that is too long ago";

pub(crate) async fn run(options: &MetricsCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    let MetricsCommand { aws, since, until, action: named, limits } = options;
    let now = Timestamp::now();
    let at = |moment: Moment| moment.from(now).ok_or_else(|| UsageError::new(TOO_LONG_AGO, None));
    let whole = Window::until(now, at(*since)?.duration_until(now)).context(TOO_LONG_AGO)?;
    let window = Window { to: until.map(at).transpose()?.unwrap_or(whole.to), ..whole };
    if window.from >= window.to {
        let message = format!("--since {} is not before --until {}", window.from, window.to);
        return Err(UsageError::new(message, None).into());
    }
    let loaded = load_manifest(&aws.common, aws.sandbox, printer)?;
    loaded.manifest.require_genesys()?;
    check_names(&loaded.manifest.actions, named)?;
    let show = |metrics: &Metrics, printer: &mut Printer| {
        let mut metrics = metrics.clone();
        metrics.actions.retain(|action| named.is_empty() || named.contains(&action.name));
        let (view, exit) = MetricsView::of(&metrics, &limits.into());
        if aws.common.output.is_human() {
            printer.result(&view.to_text());
        }
        (view, exit)
    };
    let (context, unasked) = match Context::open_manifest(loaded.clone(), aws, Services::Both, printer).await
    {
        // One half is there without the other.
        Err(error) if error.code == ErrorCode::GenesysNoCredentials => {
            (Context::open_manifest(loaded, aws, Services::Aws, printer).await?, error.message)
        }
        Err(error) if [ErrorCode::NoRegion, ErrorCode::NoCredentials].contains(&error.code) => {
            return genesys_alone(options, loaded, (window, &error.message), show, printer)
                .boxed_local()
                .await;
        }
        other => (other?, String::new()),
    };
    let work = async |connected: &mut Connected, printer: &mut Printer| {
        let (view, exit) = show(&connected.role.metrics(window, &unasked).await?, printer);
        let report = Report {
            metrics: Some(view),
            outline: connected.outline.clone(),
            warnings: connected.warnings.clone(),
            ..Report::new(COMMAND)
        };
        Ok((printer.advising(report), exit))
    };
    fleet::run_one(context, aws, printer, work).await
}

/// The half of Genesys Cloud, for whoever cannot say where the functions are.
async fn genesys_alone(
    MetricsCommand { aws, .. }: &MetricsCommand,
    loaded: Loaded,
    (window, unasked): (Window, &str),
    show: impl Fn(&Metrics, &mut Printer) -> (MetricsView, ExitCode),
    printer: &mut Printer,
) -> CommandResult<ExitCode> {
    let Loaded { name: _, manifest, outline, warnings } = loaded;
    let surroundings = surroundings(aws, Services::Always)?;
    // The sandbox has a region and credentials, so it is not asked for here.
    let Route { settings, genesys } = route(aws, &manifest, None, &surroundings.clients)?;
    let context = open_genesys(manifest, genesys, &settings, &surroundings).await?;
    let metrics = context.genesys_metrics(window, unasked).await.ok_or(PlanningError::NothingInGenesys)?;
    let (view, exit) = show(&metrics, printer);
    let mut report = Report { metrics: Some(view), outline, warnings, exit, ..Report::new(COMMAND) };
    report.origin = Origin::at(Timestamp::now());
    if let Some(Counterpart { client, .. }) = &context.genesys {
        let calls = client.calls().so_far();
        report.genesys_calls = Some(calls.len());
        report.calls = CallsView::summarize(&calls);
        list_genesys_calls(client, printer);
    }
    let report = printer.advising(report);
    match aws.common.output.format() {
        Some(format) => printer.result(&report.render(format, exit)),
        None => printer.result(&report.result_line()),
    }
    Ok(exit)
}

/// The last day, for commands that show the figures beside something else.
pub(crate) fn last_day() -> CommandResult<Window> {
    Window::until(Timestamp::now(), A_DAY).context(TOO_LONG_AGO)
}

fn check_names(actions: &[Action], named: &[String]) -> CommandResult<()> {
    if actions.is_empty() {
        let hint = "add an [[action]] to it";
        return Err(UsageError::coded(ErrorCode::NotAsked, "the manifest has no actions", Some(hint)).into());
    }
    match named.iter().find(|name| !actions.iter().any(|action| action.name == **name)) {
        Some(unknown) => {
            let names: Vec<String> = actions.iter().map(|action| format!("`{}`", action.name)).collect();
            let message = format!("the manifest has no action `{unknown}`; it has {}", names.join(", "));
            Err(UsageError::new(message, None).into())
        }
        None => Ok(()),
    }
}

impl From<&LimitOptions> for Limits {
    fn from(LimitOptions { max_error_rate, max_p95 }: &LimitOptions) -> Self {
        Self { error_rate: *max_error_rate, p95: *max_p95 }
    }
}
