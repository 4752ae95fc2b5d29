/** The console's first page: how many users there are, how active they are, and whether anything is stuck. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { activeStats } from '../../analytics/active-stats'
import { registrationStats } from '../../analytics/registration-stats'
import { signInStats } from '../../analytics/sign-in-stats'
import { type UserStats, userStats } from '../../analytics/user-stats'
import { type Column, DataTable } from '../components/data-table'
import { Panel } from '../components/layout'
import { Tabs } from '../components/tabs'
import { When } from '../components/time'
import { askedField } from '../runtime/address'
import {
  CONSOLE_PERMISSIONS,
  redirect,
  page,
  type SignedInRequest,
  type View,
} from '../runtime/page'
import { useConsoleTexts, usePage } from '../runtime/page-context'
import { BarChart, LineChart } from './charts'
import { consoleLinks, consoleView, holds, STAFF, SYSTEM } from './console'
import { StackedBar } from './stacked-bar'

const PERIODS = [7, 30, 90, 365] as const
const STANDARD = 30

export const overview = page({
  path: '/admin',
  access: { anyOf: CONSOLE_PERMISSIONS },
  query: () => z.object({ days: askedField }),
  show: (request) => {
    if (holds(request, STAFF)) return showOverview(request, Number(request.query.days))
    const [first] = consoleLinks(request)
    return redirect(first?.href ?? '/account')
  },
})

async function showOverview(request: SignedInRequest, asked: number): Promise<View> {
  const { deps } = request
  const days = PERIODS.find((each) => each === asked) ?? STANDARD
  const [stats, logins, registrations, actives] = await Promise.all([
    userStats(deps),
    signInStats(deps, days),
    registrationStats(deps, days),
    activeStats(deps, days),
  ])
  const { overview: words } = request.texts.admin
  const { number } = request.format
  const chart = { days: dayNames(request.language, logins) }
  const sum = (values: readonly number[]) => number(values.reduce((a, b) => a + b, 0))
  const [passed, failed] = [logins.map((day) => day.logins), logins.map((day) => day.failures)]
  const made = registrations.map((day) => day.registrations)
  const signIns = words.signInsSum(sum(passed), sum(failed))
  return consoleView(request, {
    title: words.title,
    lead: words.lead,
    styles: ['charts', 'tables'],
    main: (
      <>
        <Tiles stats={stats} />
        <Tabs
          label={words.range}
          tabs={PERIODS.map((each) => ({
            href: `/admin?days=${each}`,
            label: words.days(each),
            isCurrent: each === days,
          }))}
        />
        <Panel title={words.signIns} lead={signIns}>
          <BarChart
            {...chart}
            label={`${words.signIns}: ${signIns}`}
            series={[
              { name: words.logins, tone: 'main', values: passed },
              { name: words.failures, tone: 'bad', values: failed },
            ]}
          />
        </Panel>
        <div class="columns even">
          <Panel title={words.actives} lead={words.activesLead}>
            <LineChart
              {...chart}
              label={words.actives}
              series={[
                { name: words.ofMonth, tone: 'main', values: actives.map((day) => day.monthly) },
                { name: words.ofWeek, tone: 'good', values: actives.map((day) => day.weekly) },
                { name: words.ofDay, tone: 'warn', values: actives.map((day) => day.daily) },
              ]}
            />
          </Panel>
          <Panel title={words.registrations} lead={words.registrationsSum(sum(made))}>
            <BarChart
              {...chart}
              label={`${words.registrations}: ${words.registrationsSum(sum(made))}`}
              series={[{ name: words.registrations, tone: 'main', values: made }]}
            />
          </Panel>
        </div>
        <div class="columns even">
          <Accounts stats={stats} />
          <Outbox stats={stats} isSystem={holds(request, SYSTEM)} />
        </div>
        <Jobs stats={stats} />
      </>
    ),
  })
}

/** The names of days such as 2026-11-23, short enough for the axis of a chart. */
function dayNames(language: string, days: readonly { readonly date: string }[]): string[] {
  // In UTC, so that no time zone moves one into the day before.
  const format = new Intl.DateTimeFormat(language, {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  })
  return days.map(({ date }) => format.format(Date.parse(date)))
}

interface Part {
  stats: UserStats
}

const Tiles: FC<Part> = ({ stats }) => {
  const { texts, format, language } = usePage()
  const { overview: words } = texts.admin
  const { number } = format
  const share = stats.total_users === 0 ? 0 : stats.two_factor_users / stats.total_users
  const percent = new Intl.NumberFormat(language, { style: 'percent' }).format(share)
  const passkeys = words.withPasskey(number(stats.passkey_users))
  const tiles = [
    [words.total, stats.total_users, `${number(stats.new_users_30d)} ${words.newAccounts}`],
    [
      words.active,
      stats.daily_active,
      words.activeLead(number(stats.weekly_active), number(stats.monthly_active)),
    ],
    [words.sessions, stats.active_sessions, '\u00a0'],
    [words.secondFactor, stats.two_factor_users, `${words.share(percent)}, ${passkeys}`],
  ] as const
  return (
    <dl class="tiles">
      {tiles.map(([name, value, more]) => (
        <div class="panel tile">
          <dt>{name}</dt>
          <dd class="figure">{number(value)}</dd>
          <dd class="meta">{more}</dd>
        </div>
      ))}
    </dl>
  )
}

const Accounts: FC<Part> = ({ stats }) => {
  const { overview: words, statuses } = useConsoleTexts()
  const to = (status: string) => `/admin/users?status=${status}`
  return (
    <Panel title={words.byStatus}>
      <StackedBar
        shares={[
          { name: statuses.active, tone: 'good', value: stats.active_users, href: to('active') },
          { name: statuses.pending, tone: 'warn', value: stats.pending_users, href: to('pending') },
          {
            name: statuses.deactivated,
            tone: 'bad',
            value: stats.deactivated_users,
            href: to('deactivated'),
          },
        ]}
      />
    </Panel>
  )
}

const Outbox: FC<Part & { isSystem: boolean }> = ({ stats, isSystem }) => {
  const { overview: words } = useConsoleTexts()
  const { pending, dead } = stats.outbox
  return (
    <Panel title={words.outbox}>
      <StackedBar
        shares={[
          { name: words.pending, tone: 'main', value: pending },
          { name: words.dead, tone: 'bad', value: dead },
        ]}
      />
      {dead === 0 && <p class="meta">{words.outboxFine}</p>}
      {isSystem && (
        <p>
          <a href={dead > 0 ? '/admin/outbox?status=dead' : '/admin/outbox'}>{words.openOutbox}</a>
        </p>
      )}
    </Panel>
  )
}

type Job = readonly [name: string, run: UserStats['jobs'][string]]

const Jobs: FC<Part> = ({ stats }) => {
  const { overview: words } = useConsoleTexts()
  const jobs = Object.entries(stats.jobs).sort(([a], [b]) => a.localeCompare(b))
  const columns: Column<Job>[] = [
    { label: words.job, class: 'who mono', isUnlabelled: true, cell: ([name]) => name },
    { label: words.lastRun, cell: ([, run]) => <When at={run.started_at} /> },
    {
      label: words.outcome,
      cell: ([, { error }]) =>
        error === null ? (
          <span class="badge good">{words.done}</span>
        ) : (
          <span class="badge bad">
            {words.failed}: {error}
          </span>
        ),
    },
  ]
  return (
    <Panel title={words.jobs} lead={words.jobsLead}>
      {jobs.length === 0 ? (
        <p class="meta">{words.noJobs}</p>
      ) : (
        <DataTable class="stack" columns={columns} rows={jobs} />
      )}
    </Panel>
  )
}
