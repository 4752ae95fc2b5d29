/**
 * Where a user lets a device without a browser sign in (RFC 8628 section 3.3). The code is typed or came with the
 * address; either way the user sees which app asks, and from where, before they decide: attackers send such codes to
 * people, with a story (section 5.4). Nothing is stored between the steps, so the code travels in the form.
 */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import {
  allowDevice,
  denyDevice,
  findDevice,
  type WaitingDevice,
} from '../../app-sign-in/decide-device'
import { FactList } from '../components/fact-list'
import { Field } from '../components/fields'
import { Form, Hidden } from '../components/form'
import { Scopes } from '../components/scopes'
import { When } from '../components/time'
import { askedField } from '../runtime/address'
import { formPage } from '../runtime/form-page'
import type { PageRequest, View, Visitor } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { AllowOrDeny, SignedInAs } from './views'

const PATH = '/device'
const DECIDE = `${PATH}/decide`
const MAX_TYPED_CHARS = 100

const askView = ({ texts: { device: words }, form }: PageRequest, userCode = ''): View => ({
  title: words.title,
  lead: words.lead,
  main: (
    <Form
      action={PATH}
      values={{ user_code: userCode }}
      // It says why a decision was refused too.
      {...(form.error && { state: form })}
      submit={words.submit}
      isWide
    >
      <Field
        name="user_code"
        label={words.code}
        hint={userCode === '' ? words.codeHint : words.compare}
        placeholder="XXXX-XXXX"
        maxlength={MAX_TYPED_CHARS}
        class="code"
        isFirst
      />
    </Form>
  ),
})

const decideView = (
  { texts, visitor, deps }: PageRequest<Visitor>,
  device: WaitingDevice,
): View => {
  const words = texts.device
  const { name } = device.app
  return {
    title: words.decideTitle(name),
    lead: words.decideLead(name),
    main: (
      <>
        <p class="alert" role="note">
          <span>{words.warning(deps.config.PRODUCT_NAME)}</span>
        </p>
        <AskedFrom device={device} />
        <Scopes scopes={device.scopes} atResources={device.atResources} />
        <SignedInAs user={visitor.user} />
        <form method="post" action={DECIDE} class="form">
          <Hidden name="user_code" value={device.userCode} />
          <AllowOrDeny words={words} />
        </form>
        <p class="meta">{texts.oauth.consent.revoke}</p>
      </>
    ),
  }
}

const AskedFrom: FC<{ device: WaitingDevice }> = ({ device }) => {
  const { texts, format } = usePage()
  const words = texts.device
  const place = format.place(device.country)
  return (
    <FactList
      facts={[
        [words.code, device.userCode],
        [words.device, format.device(device.userAgent)],
        [words.place, device.ip === null ? place : `${place} · ${device.ip}`],
        [words.asked, <When at={device.createdAt} />],
      ]}
    />
  )
}

const doneView = (title: string, lead: string): View => ({ title, lead, main: null })

const userCode = () => z.string().min(1).max(MAX_TYPED_CHARS)

const enter = formPage({
  path: PATH,
  access: 'session',
  query: () => z.object({ user_code: askedField }),
  fields: () => z.strictObject({ user_code: userCode() }),
  show: (request) => askView(request, request.query.user_code?.slice(0, MAX_TYPED_CHARS)),
  submit: async (request, posted) =>
    decideView(
      request,
      await findDevice(request.deps, request.visitor.principal, posted.user_code),
    ),
})

const decide = formPage({
  path: DECIDE,
  access: 'session',
  home: PATH,
  fields: () => z.strictObject({ user_code: userCode(), decision: z.enum(['allow', 'deny']) }),
  // The code expired meanwhile, or was decided about in another window: the user starts with another.
  show: (request) => askView(request),
  submit: async ({ deps, visitor, texts: { device: words } }, { user_code: typed, decision }) => {
    if (decision === 'deny') {
      await denyDevice(deps, visitor.principal, typed)
      return doneView(words.deniedTitle, words.deniedLead)
    }
    const { name } = await allowDevice(deps, visitor.principal, typed)
    return doneView(words.allowedTitle, words.allowedLead(name))
  },
})

export const devicePages = [enter, decide]
