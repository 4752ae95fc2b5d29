/** The audit log: filters, pages, and all that a filter finds as a download. */
import type { FC } from 'hono/jsx'
import { EVENT_NAMES } from '../../events'
import * as z from 'zod'
import type { AuditEvent } from '../../audit/event-view'
import { eventCursor, searchEvents } from '../../audit/list-events'
import { streamEvents } from '../../audit/stream-events'
import type { Page } from '../../http/page'
import { parseEmailAddress } from '../../users/email-address'
import { findUser } from '../../users/user-view'
import { Alert, Hidden } from '../components/form'
import { Icon } from '../components/icons'
import { page, redirect } from '../runtime/page'
import { type AskedEvents, askedEvents, AUDIT_FILTERS, auditPath, toFilter } from './audit-filter'
import { EventTable } from './audit-table'
import { eventName, type Names, namesFor } from './audit-event'
import { Pager } from './pager'
import { consoleView, Empty, holds, STAFF, staffForm, type StaffRequest, SYSTEM } from './shell'
import { Choice } from './users'

export const audit = page({
  path: '/admin/audit',
  access: SYSTEM,
  show: async (request) => {
    const { deps, visitor, query } = request
    const asked = askedEvents(await withIds(request, query))
    const from = eventCursor.safeParse(query.get('cursor') ?? '').data
    const list = await searchEvents(deps, visitor.principal, toFilter(asked), from)
    const persons = list.items.flatMap((event) => [event.actor_id, event.target_id])
    const names = await namesFor(request, persons)
    const { audit: words } = request.texts.admin
    return consoleView(request, {
      styles: ['tables'],
      title: words.title,
      lead: words.lead,
      main: (
        <>
          {asked.isPartial && <Alert text={words.badFilter} />}
          <Filters request={request} asked={asked} />
          <Found
            request={request}
            asked={asked}
            list={list}
            names={names}
            isFirst={from === undefined}
          />
        </>
      ),
    })
  },
})

/** Addresses in place of the ids of persons, for a visitor who may look for users by them. */
async function withIds(request: StaffRequest, query: URLSearchParams): Promise<URLSearchParams> {
  const known = new URLSearchParams(query)
  for (const name of ['actor', 'target']) {
    const address = parseEmailAddress(query.get(name) ?? '')
    if (!address || !(await holds(request, STAFF))) continue
    const user = await findUser(request.deps, { emailKey: address.key })
    if (user) known.set(name, String(user.id))
  }
  return known
}

const Filters: FC<{ request: StaffRequest; asked: AskedEvents }> = ({ request, asked }) => {
  const { audit: words, apply } = request.texts.admin
  const names = EVENT_NAMES.map((value) => ({ value, label: eventName(request, value) }))
  names.sort((a, b) => a.label.localeCompare(b.label, request.language))
  return (
    <search>
      <form class="filters dates panel" action="/admin/audit">
        <Choice
          name="action"
          label={words.action}
          value={asked.action}
          options={[{ value: '', label: words.anyAction }, ...names]}
        />
        <Box name="actor" label={words.actor} value={asked.actor} hint={words.personHint} />
        <Box name="target" label={words.target} value={asked.target} hint={words.personHint} />
        <Box
          name="address"
          label={words.address}
          value={asked.address}
          hint={words.addressHint}
          placeholder={words.addressShort}
        />
        <Box name="from" label={words.from} value={asked.from} hint={words.dayHint} isDay />
        <Box name="to" label={words.to} value={asked.to} hint={words.dayHint} isDay />
        <Choice
          name="views"
          label={words.views}
          value={asked.views}
          options={[
            { value: '', label: words.hideViews },
            { value: 'true', label: words.showViews },
          ]}
        />
        <button class="button quiet">{apply}</button>
      </form>
    </search>
  )
}

const Box: FC<{
  name: string
  label: string
  value: string
  hint: string
  /** In place of a hint that is too long for the field. */
  placeholder?: string
  isDay?: boolean
}> = (props) => (
  <div class="field">
    <label for={props.name}>{props.label}</label>
    <input
      id={props.name}
      name={props.name}
      value={props.value}
      type={props.isDay ? 'date' : 'text'}
      autocomplete="off"
      placeholder={props.isDay ? undefined : (props.placeholder ?? props.hint)}
      title={props.hint}
    />
  </div>
)

interface FoundProps {
  request: StaffRequest
  asked: AskedEvents
  list: Page<AuditEvent>
  names: Names
  isFirst: boolean
}

const Found: FC<FoundProps> = ({ request, asked, list, names, isFirst }) => {
  const all = request.texts.admin
  const words = all.audit
  const { number } = request.format
  const isFiltered = auditPath(asked) !== '/admin/audit'
  return (
    <section class="panel">
      <div class="spread">
        <p role="status">
          {words.found(list.total, all.total(number(list.total), list.total_is_exact))}{' '}
          {isFiltered && <a href="/admin/audit">{all.reset}</a>}
        </p>
        <form method="post" action="/admin/audit/export" data-download>
          {AUDIT_FILTERS.map((name) => (
            <Hidden name={name} value={asked[name]} />
          ))}
          <button class="button quiet small">
            <Icon name="download" size={18} />
            {words.export}
          </button>
        </form>
      </div>
      {list.items.length === 0 ? (
        <Empty title={words.noneTitle} text={words.none} />
      ) : (
        <EventTable request={request} events={list.items} names={names} />
      )}
      <Pager
        words={all.pager}
        where={all.pager.page(number(list.page))}
        first={isFirst ? undefined : auditPath(asked)}
        next={list.next_cursor === null ? undefined : auditPath(asked, list.next_cursor)}
      />
    </section>
  )
}

const text = z.string().max(320).default('')

/** A POST, as it leaves a record that no link elsewhere may make. */
export const auditExport = staffForm({
  path: '/admin/audit/export',
  access: SYSTEM,
  fields: z.strictObject({
    actor: text,
    target: text,
    address: text,
    action: text,
    from: text,
    to: text,
    views: text,
  }),
  home: () => '/admin/audit',
  show: () => redirect('/admin/audit'),
  submit: async ({ deps, visitor }, input) => {
    const filter = toFilter(askedEvents(new URLSearchParams(input)))
    return new Response(await streamEvents(deps, visitor.principal, filter, undefined), {
      headers: {
        'content-type': 'application/x-ndjson',
        'content-disposition': 'attachment; filename="audit.ndjson"',
      },
    })
  },
})
