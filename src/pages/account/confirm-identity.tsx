/**
 * Asks a session that a role restricts for the second factor that its user has, and goes on to where the
 * user wanted to go.
 */
import * as z from 'zod'
import { stepUp } from '../../step-up/reauthenticate'
import { Form, Hidden } from '../components/form'
import { StepUpFields } from '../components/step-up'
import { askedField } from '../runtime/address'
import { formPage } from '../runtime/form-page'
import { localPath } from '../runtime/local-path'
import { redirect } from '../runtime/page'
import { proofFields, proofOf } from '../runtime/proof-fields'

const confirmIdentityPage = formPage({
  path: '/confirm-identity',
  access: { requiredActions: ['two_factor_required'] },
  query: () => z.object({ next: askedField }),
  fields: () => z.strictObject({ next: z.string().max(1000).optional(), ...proofFields }),
  show: ({ texts, visitor, query, form }) => {
    const { requiredAction, isSecondFactorEnabled, hasPasskey } = visitor.principal
    const next = localPath(form.values['next'] ?? query.next)
    if (requiredAction === null && visitor.isProved) return redirect(next)
    if (requiredAction !== null && !isSecondFactorEnabled && !hasPasskey) {
      return redirect('/account/two-factor')
    }
    return {
      title: texts.stepUp.title,
      lead: requiredAction === null ? texts.stepUp.lead : texts.stepUp.restricted,
      main: (
        <>
          <Form submit={texts.stepUp.submit} isWide>
            <Hidden name="next" value={next} />
            <StepUpFields isTitled />
          </Form>
          <form method="post" action="/sign-out" class="card-foot">
            <button class="link">{texts.layout.signOut}</button>
          </form>
        </>
      ),
    }
  },
  submit: async ({ deps, visitor }, { next, ...posted }) => {
    await stepUp(deps, visitor.principal, proofOf(posted))
    return redirect(localPath(next))
  },
})

export const confirmIdentityPages = [confirmIdentityPage]
