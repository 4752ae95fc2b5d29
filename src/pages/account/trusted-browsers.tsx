/** The user's trusted browsers: the list among the sessions, and a page for each with its name. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { DomainError } from '../../errors'
import {
  deviceNameField,
  endAllTrust,
  endTrust,
  listTrustedDevices,
  MAX_NAME_CHARS,
  renameTrustedDevice,
  trustedDeviceIdOf,
  type TrustedDeviceView,
} from '../../sessions/own-trusted-devices'
import { FactList } from '../components/fact-list'
import { Field } from '../components/fields'
import { Form, Hidden, Submit } from '../components/form'
import { Icon } from '../components/icons'
import { Panel } from '../components/layout'
import { When } from '../components/time'
import { askedField } from '../runtime/address'
import { formPage } from '../runtime/form-page'
import { action, page, redirect, type SignedInRequest, type View } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { accountArea } from './account-area'

const HOME = '/account/sessions'
/** Below the sessions, so that their link is marked as the current one. */
const PATH = `${HOME}/trusted-browsers`
const RENAME = `${PATH}/rename`
const idField = z.string().min(1).max(100)

type Asking = Pick<SignedInRequest, 'deps' | 'visitor' | 'cookie'>

/** The trusted browser that is used now, if it is one. */
const ownId = ({ deps, visitor, cookie }: Asking): Promise<string | undefined> =>
  trustedDeviceIdOf(deps, visitor.principal, cookie('device'))

/** The cookie's token is of no use once its browser is no longer trusted. */
const withoutCookie = { cookies: [{ name: 'device', value: null }] } as const

export interface TrustedBrowsers {
  readonly items: TrustedDeviceView[]
  readonly ownId: string | undefined
}

export async function trustedBrowsersOf(request: Asking): Promise<TrustedBrowsers> {
  const { deps, visitor } = request
  const [items, own] = await Promise.all([
    listTrustedDevices(deps, visitor.principal),
    ownId(request),
  ])
  return { items, ownId: own }
}

/** The list; nothing without a trusted browser. */
export const TrustedBrowsersPanel: FC<TrustedBrowsers> = ({ items, ownId: own }) => {
  const { trusted: words } = usePage().texts.account
  if (items.length === 0) return null
  return (
    <Panel title={words.title} lead={words.lead}>
      <ul class="rows">
        {items.map((each) => (
          <TrustedItem device={each} isOwn={each.id === own} />
        ))}
      </ul>
      <form method="post" action={`${PATH}/end-all`} class="inline" data-confirm={words.endAllAsk}>
        <Submit look="danger" class="small">
          {words.endAll}
        </Submit>
      </form>
    </Panel>
  )
}

const TrustedItem: FC<{ device: TrustedDeviceView; isOwn: boolean }> = ({ device, isOwn }) => {
  const { texts, format } = usePage()
  const { trusted: words } = texts.account
  const kind = format.device(device.user_agent)
  const name = device.name ?? kind
  return (
    <li>
      <div class="grow with-icon">
        <Icon name="laptop" size={26} />
        <div>
          <p>
            <strong>{name}</strong> {isOwn && <span class="badge good">{words.thisBrowser}</span>}
          </p>
          {device.name !== null && <p class="meta">{kind}</p>}
          <p class="meta">
            {words.lastUsed} <When at={device.last_used_at} /> · {words.until}{' '}
            <When at={device.expires_at} />
          </p>
        </div>
      </div>
      <a
        class="button quiet small"
        href={`${PATH}/edit?id=${encodeURIComponent(device.id)}`}
        aria-label={words.manageOne(name)}
      >
        {words.manage}
      </a>
    </li>
  )
}

async function showBrowser(request: SignedInRequest, id: string): Promise<View> {
  const { texts, format } = request
  const { trusted: words } = texts.account
  const { items, ownId: own } = await trustedBrowsersOf(request)
  const device = items.find((each) => each.id === id)
  if (!device) throw new DomainError('not_found')
  const kind = format.device(device.user_agent)
  const place = format.place(device.country)
  return {
    ...accountArea(texts),
    title: device.name ?? kind,
    main: (
      <>
        <Panel>
          <FactList
            facts={[
              [words.device, own === id ? `${kind} (${words.thisBrowser})` : kind],
              [words.place, device.ip === null ? place : `${place} · ${device.ip}`],
              [words.since, <When at={device.created_at} />],
              [words.lastUsed, <When at={device.last_used_at} />],
              [words.until, <When at={device.expires_at} />],
            ]}
          />
        </Panel>
        <Panel>
          <Form action={RENAME} values={{ name: device.name }} submit={texts.layout.save}>
            <Hidden name="id" value={id} />
            <Field
              name="name"
              label={words.name}
              hint={words.nameHint}
              maxlength={MAX_NAME_CHARS}
              isOptional
            />
          </Form>
        </Panel>
        <Panel title={words.endTitle} lead={words.endLead}>
          <Form
            action={`${PATH}/end`}
            submit={words.end}
            look="danger"
            cancel={{ href: HOME, label: words.back }}
          >
            <Hidden name="id" value={id} />
          </Form>
        </Panel>
      </>
    ),
  }
}

const edit = page({
  path: `${PATH}/edit`,
  access: 'session',
  query: () => z.object({ id: askedField }),
  show: (request) => showBrowser(request, request.query.id ?? ''),
})

/** An empty name removes it. */
const nameOrNone = z
  .string()
  .transform((text) => (text.trim() === '' ? null : text))
  .pipe(deviceNameField.nullable())

const rename = formPage({
  path: RENAME,
  access: 'session',
  home: HOME,
  fields: () => z.strictObject({ id: idField, name: nameOrNone.default(null) }),
  show: (request) => showBrowser(request, request.form.values['id'] ?? ''),
  submit: async ({ deps, visitor }, { id, name }) => {
    await renameTrustedDevice(deps, visitor.principal, id, name)
    return redirect(HOME, { flash: 'browser_renamed' })
  },
})

const endOne = formPage({
  path: `${PATH}/end`,
  access: 'session',
  home: HOME,
  fields: () => z.strictObject({ id: idField }),
  submit: async (request, { id }) => {
    await endTrust(request.deps, request.visitor.principal, id)
    const isOwn = id === (await ownId(request))
    return redirect(HOME, { flash: 'browser_trust_ended', ...(isOwn && withoutCookie) })
  },
})

const endAll = action({
  path: `${PATH}/end-all`,
  access: 'session',
  home: HOME,
  act: async (request) => {
    await endAllTrust(request.deps, request.visitor.principal)
    const isOwn = (await ownId(request)) !== undefined
    return redirect(HOME, { flash: 'all_trust_ended', ...(isOwn && withoutCookie) })
  },
})

export const trustedBrowserPages = [edit, rename, endOne, endAll]
