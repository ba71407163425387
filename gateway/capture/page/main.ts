import { createForms } from "./forms.ts";
import { type Gathering, gather } from "./gather.ts";
import { NOBODY } from "./identifiers.ts";
import { readOptions } from "./options.ts";
import { forgetYclid } from "./yclid.ts";

// What stands in this folder runs on the pages of sites, old phones included: nothing newer than ES2018, no imports but
// within the folder, and every byte is loaded by every visitor. `../serve-capture.test.ts` looks at what comes out.

function begin(hasConsented: boolean): void {
  const options = readOptions(document.currentScript || document.querySelector<HTMLElement>('[src*="/capture.js"]'));
  let gathering: Gathering | null = null;
  const current = () => (gathering ? gathering.now() : NOBODY);
  const fill = createForms(options, current, () => gathering && gathering.look());

  const consent = (isGiven: boolean) => {
    if (isGiven) {
      if (gathering) return;
      gathering = gather(options, fill);
    } else {
      forgetYclid(options.domain);
      if (!gathering) return;
      gathering.stop();
      gathering = null;
    }
    fill();
  };

  window.metrikaGateway = {
    identifiers: () => Promise.resolve(gathering && gathering.settled).then(current),
    consent,
  };
  const hear = ({ detail }: Event & { readonly detail?: unknown }) => consent(detail === true);
  window.addEventListener("metrika-gateway:consent", hear, true);
  if (!options.waits || hasConsented) consent(true);
}

// A page that includes the script twice has its forms filled once.
const { identifiers, consented = false } = window.metrikaGateway || {};
if (!identifiers) begin(consented);
