// Worlds to look at: what an analyst's screens hold on an ordinary day, and on bad ones. For development only.
import type {
  ActionView,
  ConflictField,
  ConflictKind,
  DagView,
  HistoryItem,
  RecordView,
  RunView,
} from "$lib/bindings";
import { emptyWorld, type World } from "./memory";

const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

function record(key: string, value: string, description: string | null = null): RecordView {
  const fields = { value, description };
  return {
    ...{ collection: "variables", key, fields, base: fields, sealed: [], state: "clean", deleted: false },
    ...{ changed_at: at(60 * 24 * 3), conflict: null, ledger: null },
  };
}

function edited(
  base: RecordView,
  fields: Record<string, unknown>,
  more: Partial<RecordView> = {},
): RecordView {
  return {
    ...base,
    fields: { ...base.fields, ...fields },
    state: "pending",
    changed_at: at(12),
    ...more,
  };
}

function clash(base: RecordView, kind: ConflictKind, fields: ConflictField[], mine = false, theirs = false) {
  const mineNow = Object.fromEntries(fields.map((field) => [field.name, field.mine]));
  const conflict = {
    ...{
      kind,
      fields,
      mine_deleted: mine,
      airflow_deleted: theirs,
      found_at: at(4),
      decided: null,
      note: null,
    },
  };
  return edited(base, mineNow, { state: "conflict", conflict });
}

function field(
  name: string,
  base: unknown,
  mine: unknown,
  airflow: unknown,
  paths: string[] = [],
): ConflictField {
  return { name, base, mine, airflow, paths, against: "airflow" };
}

const REGIONS = `{
  "north": ["NO", "SE", "FI", "DK"],
  "south": ["ES", "PT", "IT"],
  "west":  {"countries": ["FR", "BE", "NL"], "margin": 1.10}
}`;

const REGIONS_MINE = REGIONS.replace('"IT"]', '"IT", "GR"]').replace("1.10", "1.15");

const THRESHOLDS = `{
  "late_payment_days": 14,
  "credit_limit_eur": 25000,
  "review_above_eur": 10000
}`;

const PLAIN: [key: string, value: string, description: string | null][] = [
  ["churn.window_days", "90", "Days without an order before a customer counts as lost"],
  ["customers.excluded", "C-1042\nC-2210\nC-3391\n", "Never mailed; one customer number a line"],
  ["customers.vip_min_orders", "12", null],
  ["fx.rate_source", "ecb", "ecb or house"],
  ["fx.house_rates", '{"EUR": 1.0, "NOK": 11.83, "SEK": 11.42}', "Used when fx.rate_source is house"],
  ["labels.order_status", '{"10": "open", "20": "picked", "30": "sent", "90": "returned"}', null],
  ["labels.segment", '["private", "trade", "public"]', "In the order in which reports show them"],
  ["mailing.footer", "You receive this because you are a customer of ours.", null],
  ["mailing.sender_name", "Customer service", null],
  ["orders/late after", "17:30", "Orders after this time count for the next day"],
  ["pricing.discount_ceiling", "0.35", "Beyond this a discount needs a second pair of eyes"],
  ["pricing.discount_floor", "0.05", null],
  ["pricing.rounding", "0.05", null],
  ["reports.recipients", "sales@example.org\nfinance@example.org", null],
  ["returns.grace_days", "30", "Days in which goods may be sent back"],
  ["returns.reasons", '["damaged", "wrong item", "too late", "other"]', null],
  ["stock.safety_factor", "1.25", null],
  ["stock.season_start", "2026-11-01", null],
  ["templates.subject", "{{ customer }}: your order of {{ ds }}", "Jinja; not JSON"],
  ["warehouse.cutoff", "16:00", "Local time"],
];

function records(): RecordView[] {
  const regions = record("region_mapping", REGIONS, "Which countries belong to which sales region");
  const thresholds = record("risk.thresholds", THRESHOLDS, "Read by credit_review every night");
  const grace = record("payments.grace_days", "14", "Days before the first reminder");
  const margin = record("pricing.margin_floor", "3.1", "Percent; below this an offer is stopped");
  const old = record("campaign.autumn_codes", '["AUT10", "AUT15"]', null);
  const ours = (base: RecordView, ...rest: [Record<string, unknown>, Partial<RecordView>?]) =>
    edited(base, ...rest);
  return [
    ...PLAIN.map(([key, value, description]) => record(key, value, description)),
    { ...record("smtp_password", ""), fields: { description: "Mail server" }, sealed: ["value"] },
    ours(regions, { value: REGIONS_MINE }, { reason: "Greece joins the south from December" }),
    ours(margin, { value: "3.10" }, { reason: "Shown with two digits in the offer" }),
    ours(record("campaign.winter_codes", '["WIN20"]'), {}, { base: null, reason: "Winter campaign" }),
    ours(old, {}, { deleted: true, reason: "The campaign is over" }),
    ours(
      record("mailing.daily_limit", "5000"),
      { value: "50000" },
      { state: "rejected", note: "Airflow refused it: your account may not change this variable." },
    ),
    clash(grace, "fields", [field("value", "14", "21", "10")]),
    clash(thresholds, "fields", [
      field(
        "value",
        THRESHOLDS,
        THRESHOLDS.replace("25000", "30000"),
        THRESHOLDS.replace("25000", "20000").replace("10000", "12000"),
        ["/credit_limit_eur"],
      ),
      field("description", "Read by credit_review every night", "Read by credit_review at 02:00", null),
    ]),
    clash(
      record("warehouse.holiday_list", "2026-12-24\n2026-12-25"),
      "edit_delete",
      [field("value", "2026-12-24\n2026-12-25", "2026-12-24\n2026-12-25\n2026-12-26", undefined)],
      false,
      true,
    ),
  ].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Pools by name, slots, and description: one is changed, one in conflict, one deleted. */
const PLAIN_POOLS: [name: string, slots: number, description: string | null][] = [
  ["default_pool", 128, "Default pool"],
  ["exports", 4, "Files for partners; each takes an hour"],
  ["mail", 2, null],
  ["reports", 16, "Nightly reports, and those that somebody asked for during the day"],
  ["warehouse", 8, "No more connections than the database gives us"],
];

function pools(): RecordView[] {
  const pool = (key: string, slots: number, description: string | null): RecordView => {
    const fields = { slots, description, include_deferred: key === "reports" };
    return { ...record(key, ""), collection: "pools", fields, base: fields };
  };
  return [
    ...PLAIN_POOLS.map((row) => pool(...row)),
    edited(pool("imports", 6, null), { slots: 12, description: "Twice as many in the autumn" }),
    edited(pool("retired", 1, "Nothing runs here any more"), {}, { deleted: true }),
    clash(pool("scoring", 3, null), "fields", [field("slots", 3, 5, 4)]),
  ];
}

const DAGS: DagView[] = [
  dag("credit_review", "Scores open invoices and flags customers for review", "0 2 * * *", {
    as_of: { value: null, schema: { type: ["null", "string"], format: "date" }, description: "Day to score" },
    dry_run: { value: false, schema: { type: "boolean" }, description: "Score, but flag nobody" },
    regions: { value: ["north", "south"], schema: { type: "array" }, description: null },
  }),
  dag("daily_sales_report", "Mails yesterday's sales to reports.recipients", "30 6 * * 1-5", {
    day: { value: "yesterday", schema: { type: "string" }, description: "yesterday, or a date" },
  }),
  dag("fx_rates_import", null, "@hourly"),
  dag("mailing_weekly", "The weekly customer mailing", "0 9 * * 4", null, true),
  dag("price_list_publish", "Builds the price list from pricing.* and puts it in the shop", null, {
    region: { value: "north", schema: { enum: ["north", "south", "west"] }, description: null },
  }),
  dag("stock_reorder", "Proposes orders to suppliers", "0 5 * * *"),
];

function dag(
  dag_id: string,
  description: string | null,
  schedule: string | null,
  params: Record<string, unknown> | null = null,
  is_paused = false,
): DagView {
  const next_run = schedule && !is_paused ? at(-60 * 7) : null;
  return { dag_id, name: dag_id, description, is_paused, tags: ["sales"], schedule, next_run, params };
}

function run(dag_id: string, state: string, minutes: number, took: number, mine = false): RunView {
  const end_date = state === "running" || state === "queued" ? null : at(minutes - took);
  const start_date = state === "queued" ? null : at(minutes);
  const run_id = mine ? `leeward__01KD${minutes}A7Q2M3ZV8` : `scheduled__${at(minutes).slice(0, 16)}`;
  const who = { triggered_by: mine ? "ada" : null, note: mine ? "New margin, first try" : null, mine };
  const conf = mine ? { region: "north" } : {};
  return { dag_id, run_id, state, conf, queued_at: at(minutes + 0.1), start_date, end_date, ...who };
}

function action(id: string, dag_id: string, more: Partial<ActionView>): ActionView {
  const what = {
    kind: "trigger_run" as const,
    dag_id,
    conf: { region: "north" },
    note: "After the new margins",
  };
  return {
    action: { id, what, after_edits: true },
    ...{ state: "waiting", note: null, reason: null, queued_at: at(11), waits_for: [], run_id: null },
    run_state: null,
    ...more,
  };
}

const HISTORY: HistoryItem[] = [
  {
    ...{ at: at(12), source: "local", author: null, reason: "Greece joins the south from December" },
    ...{ fields: { value: REGIONS_MINE, description: null }, run: null },
  },
  {
    ...{ at: at(60 * 26), source: "airflow", author: "grace", reason: null },
    ...{ fields: { value: REGIONS, description: null }, run: null },
  },
  {
    ...{ at: at(60 * 24 * 9), source: "local", author: null, reason: "Denmark moved north" },
    ...{ fields: { value: REGIONS.replace(', "DK"', ""), description: null }, run: "leeward__01KC" },
  },
];

function ordinary(): World {
  const edits = ["pricing.margin_floor", "region_mapping"].map((key) => ({ collection: "variables", key }));
  const held = "Waiting: payments.grace_days has a conflict.";
  return {
    ...emptyWorld(),
    environments: [
      {
        ...{ name: "Production", url: "https://airflow.example.org", sign_in: "password", username: "ada" },
        ...{ id: "01KB0000000000000000000001", is_from_before: false, colour: "#b45309", interval_s: 60 },
        ...{ production: true, review: true },
      },
      {
        ...{ name: "Staging", url: "http://127.0.0.1:8080", sign_in: "token", username: null },
        ...{ id: "01KB0000000000000000000002", is_from_before: false, colour: "#0f766e", interval_s: 300 },
        ...{ production: false, review: false },
      },
    ],
    records: [...records(), ...pools()],
    actions: [
      action("01KDA7Q2M3ZV8A", "price_list_publish", { waits_for: edits }),
      action("01KDA7Q2M3ZV8B", "credit_review", { state: "held", note: held, waits_for: edits.slice(0, 1) }),
    ],
    dags: DAGS,
    runs: [
      run("price_list_publish", "running", 1, 0, true),
      run("credit_review", "success", 58, 3.4, true),
      run("daily_sales_report", "success", 420, 1.2),
      run("stock_reorder", "failed", 510, 6),
      run("fx_rates_import", "queued", 0.5, 0),
      run("fx_rates_import", "success", 60, 0.4),
      run("price_list_publish", "failed", 60 * 22, 2, true),
    ],
    history: HISTORY,
  };
}

function many(): World {
  const filler = Array.from({ length: 10_000 }, (_, index) =>
    record(`bulk.row_${String(index).padStart(5, "0")}`, `{"n": ${index}}`, `Row ${index}`),
  );
  return { ...ordinary(), records: [...filler, ...records()].sort((a, b) => (a.key < b.key ? -1 : 1)) };
}

/** The world that `?scene=` names. */
export function scene(name: string | null): World {
  const world = ordinary();
  if (name === "welcome") return { ...world, environments: [], records: [], actions: [] };
  if (name === "quiet") {
    return {
      ...world,
      records: PLAIN.map((row) => record(...row)),
      actions: [],
      runs: world.runs.slice(2, 3),
    };
  }
  if (name === "none") return { ...world, records: [], actions: [], dags: [], runs: [] };
  if (name === "many") return many();
  if (name === "offline") {
    const line = "Offline, Airflow last answered 6 min ago, 5 changes and 1 run kept here";
    return { ...world, status: { reachable: false, link: "offline", tray: "offline", line } };
  }
  if (name === "signin") {
    const line = "Sign-in needed, 5 changes and 1 run kept here";
    return { ...world, status: { signed_in: false, link: "sign_in_needed", tray: "sign_in", line } };
  }
  if (name === "brake") {
    const reason = "412 of 430 variables were not in Airflow's last answer.";
    const brake = { collection: "variables", reason, vanished: 412, known: 430, since: at(6) };
    const line = "Stopped: please look at what vanished";
    return { ...world, brakes: [brake], status: { braked: true, tray: "error", line } };
  }
  if (name === "trayless") return { ...world, tray: false };
  if (name === "locked") return { ...world, vault: "file_locked" };
  return world;
}
