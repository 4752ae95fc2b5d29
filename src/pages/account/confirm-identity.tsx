/**
 * Asks who is acting, and goes on to where the user wanted to go: a session that a role restricts for the second
 * factor that its user has, and any session if an app wants a fresh proof (`prompt=login`, `max_age`).
 */
import * as z from 'zod'
import { askedAtIn, isAuthorizePath, queryOf, shownRequest } from '../../app-sign-in/authorize-path'
import { stepUp } from '../../step-up/reauthenticate'
import { Form } from '../components/form'
import { PASSKEY_SCRIPT } from '../components/passkey-button'
import { StepUpFields } from '../components/step-up'
import { askedField } from '../runtime/address'
import { formPage } from '../runtime/form-page'
import { localPath, withNext, withNextInFlow } from '../runtime/local-path'
import { redirect, type Visitor } from '../runtime/page'
import { proofFields, proofOf } from '../runtime/proof-fields'

const PATH = '/confirm-identity'

const confirmIdentityPage = formPage({
  path: PATH,
  access: { requiredActions: ['two_factor_required'] },
  query: () => z.object({ next: askedField }),
  fields: () => z.strictObject(proofFields),
  show: async ({ texts, visitor, query, deps, form }) => {
    const { requiredAction, isSecondFactorEnabled, hasPasskey } = visitor.principal
    const next = localPath(query.next)
    const isFresh = isProvedSince(visitor, next)
    if (requiredAction === null && visitor.isProved && isFresh && !form.error) return redirect(next)
    if (requiredAction !== null && !isSecondFactorEnabled && !hasPasskey) {
      return redirect(withNextInFlow('/account/two-factor', next))
    }
    const asking = await shownRequest(deps, next)
    const { lead, restricted, forApp } = texts.stepUp
    return {
      title: texts.stepUp.title,
      lead: requiredAction === null ? (asking ? forApp(asking.appName) : lead) : restricted,
      scripts: hasPasskey ? [PASSKEY_SCRIPT] : [],
      main: (
        <>
          <Form action={withNext(PATH, next)} submit={texts.stepUp.submit} isWide>
            <StepUpFields isTitled asksAgain={!isFresh} />
          </Form>
          {asking ? (
            <p class="card-foot">
              <a href={withNext('/sign-in?other', next)}>{texts.oauth.anotherAccount}</a>
            </p>
          ) : (
            <form method="post" action="/sign-out" class="card-foot">
              <button class="link">{texts.layout.signOut}</button>
            </form>
          )}
        </>
      ),
    }
  },
  submit: async ({ deps, visitor, query }, posted) => {
    await stepUp(deps, visitor.principal, proofOf(posted))
    return redirect(localPath(query.next))
  },
})

/** Whether the user has proved who they are since the app's request asked for it. */
function isProvedSince({ principal: { session } }: Visitor, next: string): boolean {
  const since = isAuthorizePath(next) ? askedAtIn(queryOf(next)) : undefined
  return since === undefined || Math.max(session.authTime, session.provedAt) >= since
}

export const confirmIdentityPages = [confirmIdentityPage]
