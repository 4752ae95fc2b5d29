import { moreOAuthFlows, oauthFlows } from './oauth-flows'
import { sweepFlows } from './sweep-flows'

sweepFlows({ ...oauthFlows, ...moreOAuthFlows })
