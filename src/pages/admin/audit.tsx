/** The audit log: filters, pages, and all that a filter finds as a download. */
import type { FC } from 'hono/jsx'
import type { AuditEvent } from '../../audit/event-view'
import { searchEvents } from '../../audit/list-events'
import { streamEvents } from '../../audit/stream-events'
import { EVENT_NAMES } from '../../event-traits'
import type { ListPage } from '../../http/list-page'
import { parseEmailAddress } from '../../users/email-address'
import { findUser } from '../../users/user-view'
import { Select } from '../components/choices'
import { Alert, FilterForm, Hidden } from '../components/form'
import { Icon } from '../components/icons'
import { ListPanel } from '../components/list-panel'
import { download } from '../runtime/download'
import { formPage } from '../runtime/form-page'
import { page, type SignedInRequest } from '../runtime/page'
import { useForm, usePage } from '../runtime/page-context'
import { eventName, type Names, namesFor } from './audit-event'
import {
  type AskedEvents,
  askedEvents,
  AUDIT_FILTERS,
  auditPath,
  EventsForm,
  EventsQuery,
  toFilter,
  type TypedFilters,
} from './audit-filter'
import { EventTable } from './audit-table'
import { consoleView, holds, STAFF, SYSTEM } from './console'

export const audit = page({
  path: '/admin/audit',
  access: SYSTEM,
  query: EventsQuery,
  show: async (request) => {
    const { deps, visitor } = request
    const { cursor: from, ...filters } = request.query
    const asked = askedEvents(await withIds(request, filters))
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
          <Filters asked={asked} />
          <Found asked={asked} list={list} names={names} />
        </>
      ),
    })
  },
})

/** Ids in place of addresses, for a visitor who may look users up by address. */
async function withIds(request: SignedInRequest, filters: TypedFilters): Promise<TypedFilters> {
  const known = { ...filters }
  for (const name of ['actor', 'target'] as const) {
    const address = parseEmailAddress(filters[name] ?? '')
    if (!address || !holds(request, STAFF)) continue
    const user = await findUser(request.deps, { emailKey: address.key })
    if (user) known[name] = String(user.id)
  }
  return known
}

const Filters: FC<{ asked: AskedEvents }> = ({ asked }) => {
  const { texts, language } = usePage()
  const { audit: words } = texts.admin
  const names = EVENT_NAMES.map((value) => ({ value, label: eventName(texts, value) }))
  names.sort((a, b) => a.label.localeCompare(b.label, language))
  return (
    <FilterForm action="/admin/audit" class="dates" values={{ ...asked }}>
      <Select
        name="action"
        label={words.action}
        options={[{ value: '', label: words.anyAction }, ...names]}
      />
      <FilterField name="actor" label={words.actor} hint={words.personHint} />
      <FilterField name="target" label={words.target} hint={words.personHint} />
      <FilterField
        name="address"
        label={words.address}
        hint={words.addressHint}
        placeholder={words.addressShort}
      />
      <FilterField name="from" label={words.from} hint={words.dayHint} isDay />
      <FilterField name="to" label={words.to} hint={words.dayHint} isDay />
      <Select
        name="views"
        label={words.views}
        options={[
          { value: '', label: words.hideViews },
          { value: 'true', label: words.showViews },
        ]}
      />
    </FilterForm>
  )
}

interface FilterFieldProps {
  name: string
  label: string
  hint: string
  /** In place of a hint that is too long for the field. */
  placeholder?: string
  isDay?: boolean
}

const FilterField: FC<FilterFieldProps> = ({ name, label, hint, isDay, ...more }) => (
  <div class="field">
    <label for={name}>{label}</label>
    <input
      id={name}
      name={name}
      value={useForm().values[name]}
      type={isDay ? 'date' : 'text'}
      autocomplete="off"
      placeholder={isDay ? undefined : (more.placeholder ?? hint)}
      title={hint}
    />
  </div>
)

interface FoundProps {
  asked: AskedEvents
  list: ListPage<AuditEvent>
  names: Names
}

const Found: FC<FoundProps> = ({ asked, list, names }) => {
  const { texts, format } = usePage()
  const { audit: words, ...all } = texts.admin
  const { number } = format
  const isFiltered = auditPath(asked) !== '/admin/audit'
  return (
    <ListPanel
      list={list}
      words={words}
      path={(cursor) => auditPath(asked, cursor)}
      head={
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
      }
    >
      <EventTable events={list.items} names={names} />
    </ListPanel>
  )
}

/** A POST, because it leaves a record that no link on another site may cause. */
export const auditExport = formPage({
  path: '/admin/audit/export',
  access: SYSTEM,
  fields: EventsForm,
  home: '/admin/audit',
  submit: async ({ deps, visitor }, input) => {
    const filter = toFilter(askedEvents(input))
    const events = await streamEvents(deps, visitor.principal, filter, undefined)
    return download(events, 'audit.ndjson', 'application/x-ndjson')
  },
})
