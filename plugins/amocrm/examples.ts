/** A lead that came to its stage "won", as a general hook tells it. */
export const wonHook =
  "leads[status][0][id]=10701093&leads[status][0][name]=Окна&leads[status][0][status_id]=142&leads[status][0][old_status_id]=20067736&leads[status][0][price]=22500&leads[status][0][last_modified]=1795172664&leads[status][0][pipeline_id]=9217056&leads[status][0][custom_fields][0][id]=66339&leads[status][0][custom_fields][0][name]=_ym_uid&leads[status][0][custom_fields][0][values][0][value]=1770146617335078468&account[subdomain]=acme";

/** The same by an action of the Digital Pipeline, which tells ids alone. */
export const digitalPipelineHook =
  "leads[status][0][id]=10701093&leads[status][0][status_id]=142&leads[status][0][pipeline_id]=9217056&leads[status][0][old_status_id]=20067736&leads[status][0][old_pipeline_id]=9217056&account[id]=17769199&account[subdomain]=acme";
