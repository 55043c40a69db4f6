/** Loaded before an application of the documents: its agents' model is scripted, and nothing leaves the machine. */
import { setDefaultModelProvider, setTracingDisabled } from '@openai/agents';
import { scriptedModel } from '../../../examples/worker/scripted-model.ts';

setTracingDisabled(true);
setDefaultModelProvider({ getModel: () => scriptedModel() });
